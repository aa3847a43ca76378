// Asks over a WebSocket whether a number is a prime; the connection is made at the first question.

const form = document.querySelector("#question");
const answer = document.querySelector("#answer");

let socket;

function connect() {
  const url = new URL(form.dataset.socket, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const made = new WebSocket(url);
  made.addEventListener("message", (event) => show(told(JSON.parse(event.data))));
  return new Promise((resolve, reject) => {
    made.addEventListener("open", () => resolve(made));
    made.addEventListener("close", () => {
      socket = undefined;
      reject(new Error("closed"));
      if (form.ariaBusy === "true") show(form.dataset.lost);
    });
  });
}

function told({ number, is_prime, error }) {
  return error ?? (is_prime ? form.dataset.prime : form.dataset.other).replace("%s", number.toLocaleString());
}

function show(text) {
  form.ariaBusy = "false";
  answer.textContent = text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const number = Number(form.elements.number.value);
  show(form.dataset.busy);
  form.ariaBusy = "true";
  try {
    socket ??= connect();
    (await socket).send(JSON.stringify({ number }));
  } catch {
    show(form.dataset.lost);
  }
});
