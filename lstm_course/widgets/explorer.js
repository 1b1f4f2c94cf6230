// The browser's half of Explorer: native inputs in, a picture and its description out. No arithmetic lives here.

function makeSlider(spec, onChange) {
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: spec.minimum, max: spec.maximum, step: spec.step });
  input.value = spec.value;
  // JupyterLab would take the arrow keys for itself; the attribute works only on the focused element.
  input.dataset.lmSuppressShortcuts = "true";

  const label = document.createElement("label");
  label.append(Object.assign(document.createElement("span"), { textContent: spec.label }), input);
  const number = document.createElement("output");

  const show = (value) => {
    input.value = value;
    const text = Number(value).toFixed(Math.max(0, -Math.floor(Math.log10(spec.step) + 1e-9)));
    number.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  input.addEventListener("input", () => {
    show(input.value);
    onChange(spec.name, Number(input.value));
  });
  return { label, input, number, show };
}

function makePlay(spec, slider, onChange) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.lmSuppressShortcuts = "true";
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "▶ Play";
  };
  const step = () => {
    const next = Number(slider.input.value) + spec.step;
    if (next > spec.maximum) return stop();
    slider.show(next);
    onChange(spec.name, next);
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.input.value) >= spec.maximum) {
      slider.show(spec.minimum);
      onChange(spec.name, spec.minimum);
    }
    timer = setInterval(step, spec.play_ms);
    button.textContent = "⏸ Pause";
  });
  stop();
  return { button, stop };
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lstm-explorer";
  root.innerHTML = `<div class="controls"></div>
    <figure><img><figcaption></figcaption></figure>
    <p class="description" role="status"></p><p class="error" role="alert"></p>`;
  const [controls, image, caption, description, error] =
    [".controls", "img", "figcaption", ".description", ".error"].map((name) => root.querySelector(name));

  // One request at a time: while a picture is being drawn, only the newest values wait.
  let waiting = null;
  let busy = false;
  const send = (values) => {
    busy = true;
    model.set("values", values);
    model.save_changes();
  };
  const change = (name, value) => {
    waiting = { ...(waiting ?? model.get("values")), [name]: value };
    if (!busy) {
      send(waiting);
      waiting = null;
    }
  };
  const settle = () => {
    busy = false;
    if (waiting) {
      send(waiting);
      waiting = null;
    }
  };

  const sliders = new Map();
  const stops = [];
  for (const spec of model.get("sliders")) {
    const slider = makeSlider(spec, change);
    slider.show(model.get("values")[spec.name]);
    sliders.set(spec.name, slider);
    const last = document.createElement("span");
    if (spec.play_ms) {
      const play = makePlay(spec, slider, change);
      last.append(play.button);
      stops.push(play.stop);
    }
    controls.append(slider.label, slider.number, last);
  }

  image.width = model.get("width");
  image.height = model.get("height");
  image.style.height = "auto";
  caption.textContent = model.get("caption");

  let url = null;
  const showPicture = async () => {
    const next = URL.createObjectURL(new Blob([model.get("picture")], { type: "image/png" }));
    const loaded = new Image();
    loaded.src = next;
    await loaded.decode(); // swapped only when it can be painted at once: no blank frame
    image.src = next;
    if (url) URL.revokeObjectURL(url);
    url = next;
  };
  const showWords = () => {
    image.alt = model.get("description");
    description.textContent = model.get("description");
    error.textContent = model.get("error");
  };
  const onFrame = () => {
    showWords();
    showPicture().then(settle, settle);
  };
  const onValues = () => {
    if (!busy && !waiting) sliders.forEach((slider, name) => slider.show(model.get("values")[name]));
  };
  model.on("change:frame", onFrame);
  model.on("change:values", onValues);
  showWords();
  showPicture();
  el.append(root);

  return () => {
    stops.forEach((stop) => stop());
    model.off("change:frame", onFrame);
    model.off("change:values", onValues);
    if (url) URL.revokeObjectURL(url);
  };
}

export default { render };
