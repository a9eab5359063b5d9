-- one
/* two; */
// three;
