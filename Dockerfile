# The sandbox as a container: `make container` builds it, from wheels of this checkout, as snowmaker-sandbox.
#
#     docker run --rm -p 127.0.0.1:8085:8085 snowmaker-sandbox
#
# is then a Snowflake account on that port: account sandbox, user ADMIN, password admin, protocol http. Publish it on
# 127.0.0.1 alone, as above: the password is no secret.
ARG BASE=python:3.11-slim
FROM ${BASE}
COPY dependencies /wheels/dependencies
RUN python -m pip install --no-cache-dir --no-index --no-deps /wheels/dependencies/*.whl
COPY snowmaker /wheels/snowmaker
RUN python -m pip install --no-cache-dir --no-index --no-deps /wheels/snowmaker/*.whl
ENV HOME=/tmp PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 65534:65534
EXPOSE 8085
# Inside, all addresses of the container are its own; who gets at it from outside is what is published.
ENTRYPOINT ["snowmaker", "sandbox", "serve", "--host", "0.0.0.0", "--port", "8085"]
CMD ["--memory"]
