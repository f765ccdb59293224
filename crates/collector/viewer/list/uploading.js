// Files in; out what became of each: what /api/upload says of it, and its name, or { name, error }. Files are read by the collector,
// as it reads what programs send; the page does not even hold them.

const ATTEMPTS = 5;

/** Uploads files one after the other. `onFile(number)` is told of each before, `onProgress(share)` how far it is, `onResult` after. */
export async function uploadFiles(files, endpoint, { onFile, onProgress, onResult }) {
  for (const [number, file] of files.entries()) {
    onFile(number);
    onResult(await uploadFile(file, endpoint, onProgress));
  }
}

async function uploadFile(file, endpoint, onProgress) {
  try {
    await checkReadable(file);
    return { name: file.name, ...(await post(endpoint, file, onProgress)) };
  } catch (error) {
    return { name: file.name, error: error.message };
  }
}

async function checkReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Error("it cannot be read; is it a folder, or gone?");
  }
}

// Whoever finds the collector busy is told to come again. What was taken of the file by then is the same spans, and kept once.
async function post(endpoint, file, onProgress) {
  for (let attempt = 1; ; attempt += 1) {
    const { status, response, retryAfter } = await send(endpoint, file, onProgress);
    if (status === 200 && response) {
      return response;
    }
    if (![429, 503].includes(status) || attempt === ATTEMPTS) {
      throw new Error(response?.message ?? `the collector answered with status ${status}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 * retryAfter));
  }
}

// Not by fetch, which does not tell how far it is.
function send(endpoint, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", endpoint);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 1));
    request.addEventListener("load", () => {
      const { status, response } = request;
      resolve({ status, response, retryAfter: Number(request.getResponseHeader("retry-after") ?? 1) });
    });
    request.addEventListener("error", () => reject(new Error("the collector does not answer; is it still running, and the file unchanged?")));
    request.send(file);
  });
}
