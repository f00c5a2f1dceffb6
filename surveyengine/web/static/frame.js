// In the frame of another page: tells that page, and nobody else, how high we are and what happens; never what is answered.
(function () {
  "use strict";
  var told = document.currentScript.dataset, seen = {}, last = 0;
  if (parent === window) return;
  function tell(type, more) {
    parent.postMessage(Object.assign({surveyengine: 1, type: type}, more), told.host);
  }
  function height() {
    return Math.ceil(document.body.getBoundingClientRect().bottom + scrollY);
  }
  function measure() {
    var now = height();
    if (now !== last) tell("height", {height: last = now});
  }
  document.addEventListener("change", function (event) {
    var name = event.target.name;
    if (name && !seen[name]) tell("answered");
    seen[name] = 1;
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") tell("closed");
  });
  tell("ready", {title: document.title, height: last = height()});
  if (told.state) tell(told.state);
  new ResizeObserver(measure).observe(document.body);
})();
