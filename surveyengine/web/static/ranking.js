// In a ranking: what has a place already is not offered for another one. Without it the server says what has two.
(function () {
  "use strict";
  for (const list of document.querySelectorAll(".places")) {
    const places = [...list.querySelectorAll("select")];
    const offer = () => {
      for (const place of places)
        for (const option of place.options)
          option.hidden = option.disabled =
            !option.selected && option.value !== "" && places.some(other => other.value === option.value);
    };
    list.addEventListener("change", offer);
    addEventListener("pageshow", offer);
    offer();
  }
})();
