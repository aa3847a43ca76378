// Adds new notes to the wall: asks, waits for the answer, asks again.

const list = document.querySelector("#notes");
const LONGEST_PAUSE = 30_000;
let failures = 0;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function ask() {
  const answer = await fetch(list.dataset.news + list.dataset.number);
  if (!answer.ok) {
    throw new Error(answer.statusText);
  }
  for (const note of (await answer.json()).notes) {
    const item = document.createElement("li");
    item.textContent = note.text;
    list.append(item);
    list.dataset.number = note.number;
  }
}

for (;;) {
  try {
    await ask();
    failures = 0;
  } catch {
    failures += 1;
    // Not all at once: who was cut off together does not come back together.
    await pause(Math.random() * Math.min(LONGEST_PAUSE, 1000 * 2 ** failures));
  }
}
