// Keeps the list of requests up to date while somebody looks at it. Without it the page is whole, and refreshed by hand.
"use strict";
{
  const EVERY = 1000;
  const rows = document.getElementById("rows");
  const live = document.getElementById("live");

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Live";
  button.setAttribute("aria-pressed", "true");
  live.replaceChildren(button);
  const state = document.createElement("span");
  state.className = "quiet";
  state.setAttribute("role", "status");
  live.append(state);

  const isWanted = () => button.getAttribute("aria-pressed") === "true" && !document.hidden;

  const show = (html, changes) => {
    // Whoever goes through the list by keyboard stays where they are.
    const focused = rows.contains(document.activeElement) ? document.activeElement.id : "";
    rows.innerHTML = html;
    rows.dataset.changes = changes;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const look = async () => {
    try {
      const answer = await fetch(`${rows.dataset.rows}?changes=${rows.dataset.changes}`, { cache: "no-store" });
      if (answer.status === 200) show(await answer.text(), answer.headers.get("X-Tcli-Changes"));
      state.textContent = answer.ok ? "" : "The list is not to be had any more; open it anew.";
    } catch {
      state.textContent = "The server does not answer.";
    }
  };

  let timer = 0;
  const again = async () => {
    clearTimeout(timer);
    if (!isWanted()) return;
    await look();
    timer = setTimeout(again, EVERY);
  };

  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", isWanted() ? "false" : "true");
    state.textContent = isWanted() ? "" : "Paused.";
    again();
  });
  document.addEventListener("visibilitychange", again);
  timer = setTimeout(again, EVERY);
}
