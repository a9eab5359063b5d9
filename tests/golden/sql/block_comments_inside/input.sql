BEGIN -- END;
  /* BEGIN ; */ RETURN 1; // END;
END -- last
; SELECT 1;