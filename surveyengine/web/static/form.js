// In a form: shows at once what is only asked because of something written, and keeps what was begun on a personal link.
// Without it the server asks on a page that follows, and keeps each page that is sent.
(function () {
  "use strict";
  const told = document.currentScript.dataset;
  const form = document.querySelector("form");    // its properties go by the names of questions: only methods are safe
  const {rules, read} = JSON.parse(told.rules || '{"rules": [], "read": {}}');
  const kept = new Set((told.kept || "").split(" "));
  const late = new Map([...form.querySelectorAll("[data-late]")].map(box => [box.dataset.late, box]));
  const first = new Map([...late].map(([id, box]) => [id, box.hidden]));
  const UNKNOWN = {};

  // Exact decimals, as whole numbers of a unit that is below every number of double precision.
  const SCALE = 324;
  const NUMBER = /^([+-]?)(?:(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d+))?$/;

  function exact(text) {
    const found = NUMBER.exec(text);
    if (!found) return null;
    const whole = (found[2] || "").replaceAll(",", ""), part = found[3] || found[4] || "";
    const zeros = SCALE - part.length + Number(found[5] || 0);
    return BigInt(`${found[1] === "-" ? "-" : ""}${whole}${part}${"0".repeat(Math.max(zeros, 0))}` || 0);
  }

  function digits(text) {
    return text
      .replace(/[\u0660-\u0669\u06F0-\u06F9\uFF10-\uFF19]/g, digit => digit.charCodeAt(0) % 16)
      .replace(/\u066B/g, ".").replace(/\u066C/g, ",").replace(/\u2212/g, "-").replace(/[\u200E\u200F\u061C]/g, "");
  }

  function clean(text) {
    return text
      .replace(/\r\n|[\r\x85\u2028\u2029]/g, "\n")
      .replace(/[\0-\x08\x0B-\x1F\x7F-\x9F\u202A-\u202E\u2066-\u2069]/g, "")
      .replace(/^[^\S\uFEFF]+|[^\S\uFEFF]+$/g, "").normalize();
  }

  // The grammar of conditions, as definitions/condition.py has it.
  function same(member, value) {
    return member === (Array.isArray(value) ? exact(value[0]) : value);
  }

  function measures(test, member) {
    const than = name => exact(test[name][0]);
    return typeof member === "bigint" &&
      (!test.at_least || member >= than("at_least")) && (!test.at_most || member <= than("at_most")) &&
      (!test.above || member > than("above")) && (!test.below || member < than("below"));
  }

  function contains(value, wanted) {
    if (typeof value === "string" && typeof wanted === "string") return value.includes(wanted);
    return Array.isArray(value) && value.some(member => same(member, wanted));
  }

  function passes(test, value) {
    const members = Array.isArray(value) ? value : value === null || value === "" ? [] : [value];
    const compares = test.at_least || test.at_most || test.above || test.below;
    const among = list => members.some(member => list.some(one => same(member, one)));
    if ("answered" in test && test.answered !== members.length > 0) return false;
    if (!members.length)
      return test.answered === false && !compares && !["is", "in", "is_not", "not_in", "contains"].some(key => key in test);
    return (!compares || members.some(member => measures(test, member))) &&
      (!("is" in test) || among([test.is])) && (!("in" in test) || among(test.in)) &&
      (!("is_not" in test) || !among([test.is_not])) && (!("not_in" in test) || !among(test.not_in)) &&
      (!("contains" in test) || contains(value, test.contains));
  }

  // Whether a condition holds; null where that hangs on what is kept and not shown.
  function holds(condition, value) {
    const every = Object.entries(condition.tests).map(([name, test]) => {
      const now = value(name);
      return now === UNKNOWN ? null : passes(test, now);
    });
    const some = condition.any.map(one => holds(one, value));
    if (some.length) every.push(some.includes(true) || (some.includes(null) ? null : false));
    return !every.includes(false) && (every.includes(null) ? null : true);
  }

  function fields(name) {
    return [...form.querySelectorAll(`[name="${name}"], [name^="${name}."]`)];
  }

  // Words beside "other" choose it, where one of several is chosen only if nothing else is.
  function counts(name) {
    const chosen = [...form.querySelectorAll(`[name="${name}"]:checked`)];
    return chosen.every(one => one.value === "other" || one.type === "checkbox");
  }

  function answer(name) {
    const written = fields(name).map(one => one.value);
    if (kept.has(name) && !written.some(value => value.trim())) return UNKNOWN;
    const chosen = [...form.querySelectorAll(`[name="${name}"]:checked, select[name="${name}"]`)].map(one => one.value);
    switch (read[name]) {
      case "some": return chosen.filter(Boolean);
      case "one": return chosen.length ? exact(chosen[0]) ?? chosen[0] : null;
      case "number": return /e/.test(written[0]) ? null : exact(digits(written[0]).trim());
      case "text": return clean(written[0]);
      case "beside": return counts(name.split(".")[0]) ? clean(written[0].replaceAll("\t", " ")) : null;
      default: return written.some(value => value.trim()) ? "given" : null;
    }
  }

  function decide() {
    const hidden = new Set();
    const value = name => hidden.has(name.split(".")[0]) || !(name in read) ? null : answer(name);
    for (const [id, condition] of rules) {
      const box = late.get(id);
      const held = condition && holds(condition, value);
      const asked = held ?? !(first.get(id) ?? false);
      if (!asked) hidden.add(id);
      if (box) {
        box.hidden = !asked;
        box.querySelector('[name="form.late"]').disabled = !asked;
      }
    }
  }

  if (rules.length) {
    form.addEventListener("input", decide);
    form.addEventListener("change", decide);
    addEventListener("pageshow", decide);
    decide();
  }

  // Saved when one leaves and, as not every browser tells that each time, when one pauses.
  if ("draft" in told) {
    const PAUSE = 3000;    // milliseconds
    let unsaved = false, timer;
    const save = leaving => {
      clearTimeout(timer);
      if (!unsaved) return;
      unsaved = false;
      const body = new URLSearchParams(new FormData(form));
      body.set("form.go", "draft");
      const action = form.getAttribute("action");
      // A beacon outlives the page in every browser; of a fetch one learns that it has failed.
      if (leaving && navigator.sendBeacon(action, body)) return;
      fetch(action, {method: "POST", body, keepalive: true}).catch(() => { unsaved = true; });
    };
    form.addEventListener("input", () => {
      unsaved = true;
      clearTimeout(timer);
      timer = setTimeout(save, PAUSE, false);
    });
    form.addEventListener("submit", () => { unsaved = false; });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });
    addEventListener("pagehide", () => save(true));
  }
})();
