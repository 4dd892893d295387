// Starts the design system's components, and adds the few small comforts that pages work without.
import { initAll } from "./vendor/govuk-frontend.min.js";

initAll();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A form that was changed asks before it is left, so that nothing typed is lost by a slip.
for (const form of document.querySelectorAll("form[data-keep]")) {
  let changed = false;
  form.addEventListener("input", () => {
    changed = true;
  });
  form.addEventListener("submit", () => {
    changed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) {
      event.preventDefault();
    }
  });
}

// Questions for several outcomes stand below the choice; they show once one of theirs is chosen.
for (const form of document.querySelectorAll("form")) {
  const blocks = form.querySelectorAll("[data-outcomes]");
  if (blocks.length === 0) {
    continue;
  }
  const show = () => {
    const chosen = form.querySelector("input[name=outcome]:checked");
    for (const block of blocks) {
      block.hidden = chosen === null || !block.dataset.outcomes.split(" ").includes(chosen.value);
    }
  };
  form.addEventListener("change", show);
  show();
}
