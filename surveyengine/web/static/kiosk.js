// On a tablet in a shop: a form that was begun and left is not there for the next customer.
(function () {
  "use strict";
  var told = document.currentScript.dataset, timer;
  function restart() { location.replace(told.start); }
  function wait() {
    clearTimeout(timer);
    timer = setTimeout(restart, told.idle * 1000);
  }
  ["input", "pointerdown", "keydown", "scroll"].forEach(function (type) {
    addEventListener(type, wait, {passive: true});
  });
  addEventListener("pageshow", function (event) { if (event.persisted) restart(); });
  if (told.now !== undefined) wait();
})();
