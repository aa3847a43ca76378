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
      if (form.ariaBusy === "true") show("The connection is lost. Please try again.");
    });
  });
}

function told({ number, is_prime, error }) {
  return error ?? `${number.toLocaleString()} is ${is_prime ? "a prime" : "no prime"}.`;
}

function show(text) {
  form.ariaBusy = "false";
  answer.textContent = text;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const number = Number(form.elements.number.value);
  show("Calculating …");
  form.ariaBusy = "true";
  try {
    socket ??= connect();
    (await socket).send(JSON.stringify({ number }));
  } catch {
    show("There is no connection. Please try again.");
  }
});
