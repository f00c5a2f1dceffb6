// Shows a survey in another site's page: <script src="…/embed.js" data-survey="website" data-mode="popup"></script>
(function () {
  "use strict";
  var engine = /* what the server knows: words by language, origins that may frame, the colour */ null;
  var script = document.currentScript, data = script.dataset;
  var base = script.src.replace(/\/embed\.js([?#].*)?$/, ""), origin = new URL(base).origin;
  var mode = /^(popup|tab)$/.test(data.mode) ? data.mode : "inline";
  var language = known(data.lang) || known(document.documentElement.lang) || "";
  var words = engine.words[language || known(navigator.language) || Object.keys(engine.words)[0]];
  var own = ["survey", "mode", "open", "lang", "every", "label", "signed"], memory = "surveyengine:" + data.survey;
  var frame, dialog, tab, asked, ready, submitted;

  function known(tag) {
    var code = (tag || "").toLowerCase().split(/[-_]/)[0].replace("iw", "he");
    return engine.words[code] ? code : "";
  }

  function tell(type) {
    var event = new CustomEvent("surveyengine:" + type, {bubbles: true, detail: {survey: data.survey, mode: mode}});
    (script.isConnected ? script : document).dispatchEvent(event);
  }

  function address() {
    var query = new URLSearchParams({embed: mode === "inline" ? "1" : mode, "form.host": location.origin});
    if (data.lang || language) query.set("lang", data.lang || language);
    if (data.signed) query.set("form.signed", data.signed);
    Object.keys(data).forEach(function (key) {
      var name = key.replace(/[A-Z]/g, function (letter) { return "_" + letter.toLowerCase(); }).replace(/-/g, "_");
      if (own.indexOf(key) < 0) query.set(name, data[key]);
    });
    return base + "/s/" + encodeURIComponent(data.survey) + "?" + query;
  }

  // At most once in `data-every`; a page whose storage is denied remembers nothing.
  function due() {
    var units = {second: 1, minute: 60, hour: 3600, day: 86400, week: 604800, month: 2592000, year: 31536000};
    var period = /^\s*(\d+)\s*([a-z]+?)s?\s*$/.exec(data.every || "0 days");
    var length = period && units[period[2]] ? period[1] * units[period[2]] * 1000 : Infinity;
    try {
      return !(Date.now() - (localStorage.getItem(memory) || -Infinity) < length);
    } catch (denied) {
      return true;
    }
  }

  function remember() {
    try {
      if (data.every) localStorage.setItem(memory, Date.now());
    } catch (denied) { /* then not */ }
  }

  function made(name, parent, attributes) {
    var element = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    if (parent) parent.appendChild(element);
    return element;
  }

  function load(parent) {
    frame = made("iframe", parent, {src: address(), title: words.title, referrerpolicy: "no-referrer"});
    frame.style.cssText = "display:block;box-sizing:border-box;width:100%;height:0;border:0;border-radius:12px";
    addEventListener("message", hear);
  }

  function hear(event) {
    var said = event.data;
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin) return;
    if (!said || said.surveyengine !== 1) return;
    if (said.height > 0) frame.style.height = Math.min(5000, Math.max(100, said.height)) + "px";
    if (said.type === "ready") arrive(said.title);
    if (said.type === "answered") tell("answered");
    if (said.type === "submitted") finish();
    if (said.type === "closed" && dialog) dialog.close();
  }

  function arrive(title) {
    frame.title = String(title || words.title);
    if (dialog) dialog.setAttribute("aria-label", frame.title);
    if (ready) {
      if (!dialog && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
      return;
    }
    ready = true;
    remember();
    show();
    tell("ready");
  }

  function finish() {
    submitted = true;
    remember();
    tell("submitted");
  }

  function show() {
    if (!dialog || dialog.open || !ready) return;
    dialog.showModal();
    frame.focus();
  }

  // The visitor wants it, or what the page waited for has happened.
  function open() {
    if (frame) return show();
    asked = true;
    if (mode !== "inline") return load(dialog || box());
    var head = script.isConnected && !document.head.contains(script) ? script.parentNode : null;
    load(head ? null : document.body);
    if (head) head.insertBefore(frame, script.nextSibling);
  }

  function ask() {
    if (!asked && due()) open();
  }

  function close() {
    tell("closed");
    if (!submitted) return;
    frame.remove();
    frame = ready = submitted = null;
  }

  // A root of its own: the page's styles do not reach in, and its policy needs to allow none.
  function root() {
    var host = made("div", document.body, {lang: data.lang || language, dir: words.dir});
    var sheet = new CSSStyleSheet(), inside = host.attachShadow({mode: "open"});
    host.style.cssText = "all:initial;direction:" + words.dir;
    sheet.replaceSync(engine.style);
    inside.adoptedStyleSheets = [sheet];
    return inside;
  }

  function box() {
    dialog = made("dialog", tab ? tab.parentNode : root(), {"class": mode, "aria-label": words.title});
    var button = made("button", dialog, {type: "button", "class": "close", "aria-label": words.close});
    button.textContent = "\u00d7";
    button.onclick = function () { dialog.close(); };
    dialog.onclose = close;
    return dialog;
  }

  function waiting() {
    var on = /^(\w+)(?::(\d+))?$/.exec(data.open || (mode === "tab" ? "call" : "load")) || [], n = +on[2];
    function scrolled() {
      var room = document.documentElement.scrollHeight - innerHeight;
      if (scrollY >= room * n / 100) ask();
    }
    if (on[1] === "load") ask();
    if (on[1] === "after") setTimeout(ask, n * 1000);
    if (on[1] === "exit") {
      document.addEventListener("mouseout", function (event) {
        if (!event.relatedTarget && event.clientY <= 0) ask();
      });
    }
    if (on[1] === "scroll") {
      addEventListener("scroll", scrolled, {passive: true});
      scrolled();
    }
  }

  function begin() {
    // The page's own call: an event at the script, or at the document for the survey that its `detail` names.
    addEventListener("surveyengine:open", function (event) {
      var all = event.target === document && (!event.detail || event.detail === data.survey);
      if ((all || event.target === script) && (frame || due())) open();
    }, true);
    if (mode === "tab") {
      tab = made("button", root(), {type: "button", "class": "side", "aria-haspopup": "dialog"});
      made("span", tab, {}).textContent = data.label || words.label;
      tab.onclick = open;
    }
    waiting();
  }

  if (!data.survey) return console.warn("surveyengine: embed.js needs data-survey");
  if (engine.origins.indexOf(location.origin) < 0) {
    return console.warn("surveyengine: " + location.origin + " is not in embed_origins of config.toml");
  }
  if (document.body && document.readyState !== "loading") begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
