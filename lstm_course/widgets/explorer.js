// The browser's half of Explorer: native inputs in, a picture and its description out. No arithmetic lives here.

const PATIENCE = 5000; // milliseconds
const NO_ANSWER =
  "The kernel does not answer. If another cell is still running, wait for it; otherwise run this cell again.";

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

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lstm-widget";
  root.innerHTML = `<div class="controls"></div>
    <figure><div class="picture" role="img"></div><figcaption></figcaption></figure>
    <p class="description" role="status"></p><p class="error" role="alert"></p>`;
  const [controls, picture, caption, description, error] =
    [".controls", ".picture", "figcaption", ".description", ".error"].map((name) => root.querySelector(name));

  // One request at a time: while a picture is being drawn, only the newest values wait.
  let waiting = null;
  let busy = false;
  let patience = null;
  const send = (values) => {
    busy = true;
    patience = setTimeout(() => (error.textContent = NO_ANSWER), PATIENCE);
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
    clearTimeout(patience);
    if (waiting) {
      send(waiting);
      waiting = null;
    }
  };

  const sliders = new Map();
  for (const spec of model.get("sliders")) {
    const slider = makeSlider(spec, change);
    slider.show(model.get("values")[spec.name]);
    sliders.set(spec.name, slider);
    controls.append(slider.label, slider.number);
  }

  caption.textContent = model.get("caption");
  const background = model.get("background") && URL.createObjectURL(new Blob([model.get("background")]));
  if (background) picture.style.backgroundImage = `url(${background})`;

  const show = () => {
    picture.innerHTML = model.get("picture");
    picture.ariaLabel = model.get("description");
    description.textContent = model.get("description");
    error.textContent = model.get("error");
  };
  const onFrame = () => {
    show();
    settle();
  };
  const onValues = () => {
    if (!busy && !waiting) sliders.forEach((slider, name) => slider.show(model.get("values")[name]));
  };
  model.on("change:frame", onFrame);
  model.on("change:values", onValues);
  show();
  el.append(root);

  return () => {
    clearTimeout(patience);
    model.off("change:frame", onFrame);
    model.off("change:values", onValues);
    if (background) URL.revokeObjectURL(background);
  };
}

export default { render };
