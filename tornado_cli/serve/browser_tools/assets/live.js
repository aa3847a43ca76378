/* Keeps an open page true to the project: it refreshes when another build is served, swaps stylesheets in place, and
   shows a failure of the code over what is there. `tcli serve` adds this file to HTML pages. */
(() => {
  "use strict";
  const script = document.currentScript;
  const STORE = "__tcli__";
  const ATTEMPTS = 5;
  const MOST_REFRESHES = 8;
  const REFRESHES_WITHIN = 10000;
  if (!script || window[Symbol.for(STORE)]) return;
  Object.defineProperty(window, Symbol.for(STORE), { value: true });

  const { token, page, method } = script.dataset;
  let build = script.dataset.build;
  let socket = null;
  let hasConnected = false;
  let failures = 0;
  let isLeaving = false;

  // The connection.

  function connect() {
    const address = new URL("live", script.src);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("token", token);
    try {
      socket = new WebSocket(address);
    } catch {
      return;
    }
    socket.onopen = () => { hasConnected = true; failures = 0; say(); };
    socket.onmessage = (event) => take(JSON.parse(event.data));
    socket.onclose = closed;
  }

  async function closed() {
    const wasOpen = hasConnected && failures === 0;
    socket = null;
    if (isLeaving) return;
    failures += 1;
    // Whoever serves next takes the connection as soon as it is there.
    if (wasOpen) connect();
    else if (await isThere()) refused();
    else if (hasConnected || failures < ATTEMPTS) setTimeout(connect, Math.min(2000, 100 * 2 ** failures));
  }

  const isThere = () => fetch(script.src, { cache: "no-store" }).then((answer) => answer.ok, () => false);

  function refused() {
    // Another run of the server has another token; a fresh page knows it.
    if (stored().token === token) return;
    store({ token });
    refresh();
  }

  // What is served.

  function take(news) {
    if (news.state !== "serving" && page !== "failure") {
      show(news);
    } else if (news.build === build) {
      hide();
    } else if (news.styles) {
      build = news.build;
      news.styles.forEach(swap);
    } else {
      refresh();
    }
  }

  function refresh() {
    const now = Date.now();
    const refreshes = (stored().refreshes || []).filter((then) => now - then < REFRESHES_WITHIN);
    if (method) {
      offer("The application has changed since this was sent.");
    } else if (refreshes.length >= MOST_REFRESHES) {
      offer("Loading this page changes what it is made of, again and again.");
    } else {
      store({ refreshes: [...refreshes, now], left: whatIsTyped() });
      reload();
    }
  }

  function reload() {
    isLeaving = true;
    location.reload();
  }

  function swap(name) {
    const links = [...document.querySelectorAll('link[rel~="stylesheet"][href]')];
    const own = links.filter((link) => new URL(link.href).origin === location.origin);
    const named = own.filter((link) => new URL(link.href).pathname.endsWith(`/${name}`));
    // What no link names comes in by one of them, with @import.
    (named.length ? named : own).forEach((old) => {
      const fresh = old.cloneNode();
      const address = new URL(old.href);
      address.searchParams.set(STORE, build);
      fresh.removeAttribute("integrity");
      fresh.href = address;
      fresh.onload = fresh.onerror = () => old.remove();
      old.after(fresh);
    });
  }

  // What survives a refresh.

  function stored() {
    try {
      return JSON.parse(sessionStorage.getItem(STORE)) || {};
    } catch {
      return {};
    }
  }

  function store(more) {
    try {
      sessionStorage.setItem(STORE, JSON.stringify({ ...stored(), ...more }));
    } catch {
      // A page without storage is refreshed all the same.
    }
  }

  const NOT_KEPT = ["password", "file", "hidden", "submit", "button", "image", "reset"];
  const fields = () => [...document.querySelectorAll("input, textarea, select")].filter((one) => !NOT_KEPT.includes(one.type));
  const nameOf = (field) => `${field.form ? field.form.id || field.form.action : ""} ${field.id} ${field.name}`;
  const isTick = (field) => field.type === "checkbox" || field.type === "radio";

  function hasChanged(field) {
    if (isTick(field)) return field.checked !== field.defaultChecked;
    if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
    return field.value !== field.defaultValue;
  }

  function contentOf(field) {
    if (isTick(field)) return field.checked;
    return field.options ? [...field.options].map((option) => option.selected) : field.value;
  }

  function caretIn(field) {
    try {
      return [field.selectionStart, field.selectionEnd];
    } catch {
      return null;
    }
  }

  function whatIsTyped() {
    const all = fields();
    const typed = all.flatMap((one, index) => (hasChanged(one) ? [[index, nameOf(one), contentOf(one)]] : []));
    const focus = all.indexOf(document.activeElement);
    const caret = focus < 0 ? null : caretIn(all[focus]);
    return { href: location.href, typed, focus, caret, scroll: [scrollX, scrollY] };
  }

  function put(field, content) {
    if (isTick(field)) field.checked = content;
    else if (field.options) [...field.options].forEach((option, index) => { option.selected = Boolean(content[index]); });
    else field.value = content;
    ["input", "change"].forEach((kind) => field.dispatchEvent(new Event(kind, { bubbles: true })));
  }

  function putBack() {
    const { left } = stored();
    store({ left: null });
    if (!left || left.href !== location.href) return;
    const all = fields();
    left.typed.forEach(([index, name, content]) => {
      const isSame = all[index] && nameOf(all[index]) === name;
      const field = isSame ? all[index] : all.find((one) => nameOf(one) === name);
      if (field) put(field, content);
    });
    const focused = all[left.focus];
    if (focused) {
      focused.focus({ preventScroll: true });
      if (left.caret && left.caret[0] !== null) focused.setSelectionRange(...left.caret);
    }
    const scroll = () => window.scrollTo({ left: left.scroll[0], top: left.scroll[1], behavior: "instant" });
    scroll();
    if (document.readyState !== "complete") addEventListener("load", scroll, { once: true });
  }

  // What is shown over the page.

  const STYLE = `
    :host { all: initial; color-scheme: light dark; }
    section { position: fixed; inset: 0; z-index: 2147483647; overflow: auto; box-sizing: border-box;
      padding: max(1rem, 6vh) 1rem; background: rgb(0 0 0 / .55); font: 15px/1.5 system-ui, sans-serif; }
    section.small { inset: auto 1rem 1rem auto; padding: 0; background: none; overflow: visible; }
    article { max-width: 60rem; margin: 0 auto; padding: 1.25rem 1.5rem; border-radius: .6rem; box-sizing: border-box;
      border-top: .3rem solid light-dark(#c62828, #ff6b6b); background: light-dark(#fff, #17181c);
      color: light-dark(#1c1d21, #e8e8ec); box-shadow: 0 1rem 4rem rgb(0 0 0 / .45); overflow-wrap: anywhere; }
    .small article { border-top-color: light-dark(#8a6100, #f0b429); max-width: 24rem; padding: .8rem 1rem; }
    h1 { font-size: 1.2rem; line-height: 1.35; margin: 0 0 .5rem; }
    p { margin: .4rem 0; color: light-dark(#4d4f58, #b4b6c0); }
    a { color: light-dark(#0b57b5, #8ab8ff); font-family: ui-monospace, monospace; font-size: .9em; }
    pre { margin: .9rem 0; padding: .9rem 1rem; overflow: auto; max-height: 55vh; border-radius: .4rem; tab-size: 4;
      font: 13px/1.5 ui-monospace, monospace; background: light-dark(#f3f4f6, #0e0f12); overflow-wrap: normal; }
    mark { background: light-dark(#fde3e1, #4d1f1f); color: inherit; }
    button { font: inherit; color: inherit; background: none; border: 1px solid currentColor; border-radius: .35rem;
      padding: .1rem .7rem; cursor: pointer; }
    .close { float: right; margin-left: 1rem; }
    :focus-visible { outline: 2px solid light-dark(#0b57b5, #8ab8ff); outline-offset: 2px; }`;
  let host = null;

  function made(kind, content, attributes = {}) {
    const element = document.createElement(kind);
    element.append(...[content].flat());
    return Object.assign(element, attributes);
  }

  function cover(isSmall, parts) {
    hide();
    host = document.createElement("tcli-overlay");
    const root = host.attachShadow({ mode: "open" });
    // A sheet made by a script asks no policy of the page, as a <style> would.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const close = made("button", "Close", { className: "close", type: "button", onclick: hide });
    const section = made("section", made("article", [close, ...parts]), { className: isSmall ? "small" : "" });
    section.setAttribute("role", isSmall ? "status" : "alert");
    root.append(section);
    document.documentElement.append(host);
  }

  function hide() {
    if (host) host.remove();
    host = null;
  }

  function offer(reason) {
    cover(true, [made("p", reason), made("button", "Refresh", { type: "button", onclick: reload })]);
  }

  function show(news) {
    const isBroken = news.state === "broken";
    const { title = news.title, hint = "", place = null } = news.details || {};
    const parts = [made("h1", title)];
    if (place) parts.push(...excerpt(place));
    else if (isBroken && !news.details) parts.push(made("p", "The terminal of tcli serve shows why."));
    if (hint) parts.push(made("p", hint));
    parts.push(made("p", isBroken ? "This goes by itself when the fix is saved." : "This goes by itself."));
    cover(!isBroken, parts);
  }

  function excerpt(place) {
    const shown = `${place.file}:${place.line}`;
    const heading = place.link ? made("a", shown, { href: place.link }) : made("p", shown);
    if (!place.source.length) return [heading];
    const width = String(place.source[place.source.length - 1][0]).length;
    const lines = place.source.map(([number, text]) => {
      const line = `${String(number).padStart(width)}  ${text}\n`;
      return number === place.line ? made("mark", line) : line;
    });
    return [heading, made("pre", lines, { tabIndex: 0 })];
  }

  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // What the page complains of, for the terminal.

  const MOST_WAITING = 50;
  const LONGEST = 4000;
  const waiting = [];

  function say(...complaint) {
    if (complaint.length && waiting.length < MOST_WAITING) waiting.push(complaint.map((part) => part.slice(0, LONGEST)));
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    waiting.splice(0).forEach(([text, where]) => socket.send(JSON.stringify({ console: text, where })));
  }

  function textOf(value) {
    if (value instanceof Error) return value.stack || String(value);
    if (typeof value === "string") return value;
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  }

  function listen() {
    const original = console.error;
    console.error = (...values) => {
      original.apply(console, values);
      say(values.map(textOf).join(" "), "");
    };
    addEventListener("error", (event) => {
      const { target } = event;
      if (event.message) say(event.error ? textOf(event.error) : event.message, `${event.filename}:${event.lineno}`);
      else if (target !== window) say(`Not loaded: ${target.src || target.href}`, "");
    }, true);
    addEventListener("unhandledrejection", (event) => say(`Unhandled rejection: ${textOf(event.reason)}`, ""));
    document.addEventListener("securitypolicyviolation", (event) => {
      say(`Refused by ${event.effectiveDirective}: ${event.blockedURI}`, `${event.sourceFile}:${event.lineNumber}`);
    });
  }

  // The page's life.

  if ("console" in script.dataset) listen();
  addEventListener("pagehide", () => {
    isLeaving = true;
    if (socket) socket.close();
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isLeaving = false;
    connect();
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", putBack);
  else putBack();
  connect();
})();
