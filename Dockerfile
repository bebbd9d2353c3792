# docker build -t anomaly-workshop . && docker run -p 127.0.0.1:8000:8000 anomaly-workshop
FROM python:3.12-slim
ENV OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3
WORKDIR /kit
# the locks first: a change of the kit does not install them anew
COPY requirements.lock requirements-extras.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock \
 && pip install --no-cache-dir --require-hashes -r requirements-extras.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && useradd --create-home learner
USER learner
WORKDIR /home/learner
RUN workshop train pca --out models
EXPOSE 8000
CMD ["workshop", "serve", "models", "--host", "0.0.0.0", "--port", "8000"]
