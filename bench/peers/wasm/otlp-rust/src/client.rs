use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use send_wrapper::SendWrapper;

/// reqwest on `fetch`. opentelemetry-http has this for reqwest as well, but not for a browser, where reqwest's futures
/// are not `Send`.
#[derive(Debug, Default)]
pub struct Client(reqwest::Client);

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.0.clone();
        SendWrapper::new(async move {
            let response = client.execute(request.try_into()?).await?.error_for_status()?;
            let mut answer = Response::builder().status(response.status());
            if let Some(headers) = answer.headers_mut() {
                headers.clone_from(response.headers());
            }
            Ok(answer.body(response.bytes().await?)?)
        })
        .await
    }
}
