// A room: shows what the server tells, and comes back by itself when the connection is lost.

const SHORTEST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 30_000;
/*% if auth %*/
const LOGGED_OUT = 1008;
/*% endif %*/

const form = document.querySelector("#say");
const log = document.querySelector("#log");
const lines = document.querySelector("#lines");
const people = document.querySelector("#people");
const state = document.querySelector("#state");

let socket;
let failures = 0;
let waiting;
let sent = "";

function connect() {
  clearTimeout(waiting);
  const url = new URL(form.dataset.socket, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  /*% if not auth %*/
  url.searchParams.set("name", form.elements.name.value);
  /*% endif %*/
  const opening = new WebSocket(url);
  let openedAt = Infinity;
  socket = opening;
  opening.addEventListener("open", () => {
    openedAt = Date.now();
    show("");
  });
  opening.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  opening.addEventListener("close", (event) => {
    /*% if auth %*/
    if (event.code === LOGGED_OUT) {
      show(form.dataset.loggedOut);
      return;
    }
    /*% endif %*/
    // A new connection may have taken its place already.
    if (socket === opening) comeBack(Date.now() - openedAt);
  });
}

// Each time after a longer wait, and each browser at another moment: a server that starts again is not overrun.
function comeBack(lasted) {
  failures = lasted > LONGEST_WAIT ? 0 : failures + 1;
  const longest = Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** failures);
  waiting = setTimeout(connect, longest * (0.5 + Math.random() / 2));
  show(form.dataset.lost);
}

function receive(message) {
  switch (message.type) {
    case "lines":
      message.lines.forEach(add);
      break;
    case "people":
      people.textContent = message.names.join(", ");
      break;
    case "refused":
      show(message.reason);
      form.elements.text.value ||= sent;
      break;
  }
}

// A line that comes late goes where it belongs; one that is there already stays.
function add(line) {
  const shown = [...lines.children];
  if (shown.some((item) => item.dataset.id === line.id)) return;
  const item = document.createElement("li");
  item.dataset.id = line.id;
  item.dataset.at = line.at;
  item.append(element("b", line.name), " ", line.text, " ", element("time", timeOf(line.at)));
  lines.insertBefore(item, shown.find((other) => Number(other.dataset.at) > line.at) ?? null);
  log.scrollTop = log.scrollHeight;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function timeOf(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { timeStyle: "short" });
}

function show(text) {
  state.textContent = text;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = form.elements.text.value.trim();
  if (!text) return;
  if (socket.readyState !== WebSocket.OPEN) {
    show(form.dataset.away);
    return;
  }
  socket.send(JSON.stringify({ type: "say", text }));
  sent = text;
  form.elements.text.value = "";
  show("");
});
/*% if not auth %*/

form.elements.name.value = localStorage.getItem("name") ?? "";
form.elements.name.addEventListener("change", () => {
  localStorage.setItem("name", form.elements.name.value);
  const before = socket;
  connect();
  before.close();
});
/*% endif %*/

connect();
