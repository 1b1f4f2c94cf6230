// Shows the frames that Python has drawn: each is a list of values for the slots, the SVG's changing attributes.

const BEAT = 1500; // milliseconds a frame at speed 1
const SPEEDS = [0.5, 1, 2, 4];

const CONTROLS = `
  <div class="controls player">
    <button type="button" class="play"></button>
    <button type="button" data-by="-paths" aria-label="one time step back">« step</button>
    <button type="button" data-by="-1" aria-label="one path back">‹ path</button>
    <button type="button" data-by="1" aria-label="one path on">path ›</button>
    <button type="button" data-by="paths" aria-label="one time step on">step »</button>
    <label>speed <select></select></label>
    <input type="range" min="0" step="1" aria-label="place in the film">
  </div>
  <figure><div class="picture"></div><figcaption></figcaption></figure>
  <p class="description" role="status"></p>`;

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lstm-widget";
  root.innerHTML = CONTROLS;
  const [play, slider, speed, picture, caption, description] =
    [".play", "input", "select", ".picture", "figcaption", ".description"].map((name) => root.querySelector(name));
  // JupyterLab would take the keys for itself; the attribute works only on the focused element.
  root.querySelectorAll("button, input, select").forEach((element) => (element.dataset.lmSuppressShortcuts = "true"));
  SPEEDS.forEach((value) => speed.add(new Option(`${value}×`, value, value === 1, value === 1)));
  caption.textContent = model.get("caption");

  const frames = model.get("frames");
  const last = frames.length - 1;
  slider.max = last;
  picture.innerHTML = model.get("svg");
  const elements = picture.querySelectorAll("svg *");

  // Room for the longest words, at least 70 letters a line: nothing below may jump while the film plays.
  const longest = Math.max(...model.get("words").map((words, n) => words.length + model.get("titles")[n].length));
  description.style.minHeight = `${1.4 * Math.ceil((longest + 2) / 70)}em`;

  const show = () => {
    const position = model.get("position");
    model.get("slots").forEach(([number, name], slot) => {
      const value = frames[position][slot];
      if (name === "text") elements[number].textContent = value;
      else elements[number].setAttribute(name, value);
    });
    const title = model.get("titles")[position];
    slider.value = position;
    slider.setAttribute("aria-valuetext", title);
    description.textContent = `${title}. ${model.get("words")[position]}`;
  };

  const goTo = (position) => {
    model.set("position", Math.min(Math.max(position, 0), last));
    model.save_changes();
  };

  let timer = null;
  const pause = () => {
    clearTimeout(timer);
    timer = null;
    play.textContent = "▶ Play";
    description.ariaLive = "polite";
  };
  const advance = () => {
    if (model.get("position") >= last) return pause();
    goTo(model.get("position") + 1);
    wait();
  };
  const wait = () => (timer = setTimeout(advance, BEAT / Number(speed.value)));
  const start = () => {
    if (model.get("position") >= last) goTo(0);
    play.textContent = "⏸ Pause";
    description.ariaLive = "off"; // a film read aloud would never catch up
    wait();
  };

  play.addEventListener("click", () => (timer ? pause() : start()));
  slider.addEventListener("input", () => goTo(Number(slider.value)));
  root.querySelectorAll("[data-by]").forEach((button) =>
    button.addEventListener("click", () => {
      const by = { "-paths": -model.get("paths"), paths: model.get("paths") }[button.dataset.by];
      pause();
      goTo(model.get("position") + (by ?? Number(button.dataset.by)));
    }),
  );
  model.on("change:position", show);
  pause();
  show();
  el.append(root);

  return () => {
    pause();
    model.off("change:position", show);
  };
}

export default { render };
