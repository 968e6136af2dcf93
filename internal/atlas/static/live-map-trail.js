// The trail of the chosen asset, and playing it again.

import { agoText, make } from "./live-map-list.js";
import { empty, put } from "./live-map-look.js";

const seconds = 40; // that playing a whole trail takes

// at is where a trail was at a moment: between two of its points.
export function at(points, moment) {
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (points[middle][0] <= moment) low = middle;
    else high = middle - 1;
  }
  const from = points[low];
  const to = points[Math.min(low + 1, points.length - 1)];
  const part = to[0] > from[0] ? Math.min(1, Math.max(0, (moment - from[0]) / (to[0] - from[0]))) : 0;
  return { lng: from[1] + (to[1] - from[1]) * part, lat: from[2] + (to[2] - from[2]) * part, speed: from[3], heading: from[4] ?? bearing(from, to) };
}

// bearing is the direction from one point to the next, in degrees clockwise from north.
function bearing(from, to) {
  const east = (to[1] - from[1]) * Math.cos((from[2] * Math.PI) / 180);
  return (Math.atan2(east, to[2] - from[2]) * 180 / Math.PI + 360) % 360;
}

// trail draws a trail on the map. Its points are [milliseconds, longitude, latitude, speed, heading].
export function trail(map, calm) {
  let points = [];
  let moment = null; // that is shown of it; null for none
  let frame = 0;
  const slider = make("input", { type: "range", min: "0", max: "1000", value: "1000", "aria-label": "Moment of the trail", oninput: () => { pause(); show(position()); } });
  const button = make("button", { type: "button", class: "lm-play", text: "Play", onclick: () => (frame ? pause() : play()) });
  const text = make("output", { class: "lm-muted" });
  const note = make("p", { class: "lm-muted", hidden: true });
  const controls = make("div", { class: "lm-line" }, button, slider);
  const element = make("div", { class: "lm-trail", hidden: true }, controls, text, note);

  const start = () => points[0][0];
  const length = () => points.at(-1)[0] - start();
  const position = () => start() + (length() * Number(slider.value)) / 1000;

  function drawLine() {
    const line = points.map((p) => [p[1], p[2]]);
    put(map, "trail", line.length < 2 ? empty : { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } });
  }

  function summary() {
    text.textContent = points.length < 2 ? "" : `${points.length.toLocaleString()} positions, the first ${agoText(points[0][0])}`;
    element.hidden = controls.hidden = points.length < 2;
    note.hidden = points.length > 1;
  }

  // show puts the played marker to a moment; null takes it away.
  function show(to) {
    moment = to;
    if (to === null) {
      put(map, "played", empty);
      return;
    }
    const here = at(points, to);
    slider.value = String(Math.round(((to - start()) / Math.max(1, length())) * 1000));
    const clock = new Date(to).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    text.textContent = here.speed == null ? clock : `${clock} · ${Math.round(here.speed)} km/h`;
    slider.setAttribute("aria-valuetext", text.textContent);
    put(map, "played", { type: "Feature", properties: { heading: here.heading }, geometry: { type: "Point", coordinates: [here.lng, here.lat] } });
    if (map && !map.getBounds().contains([here.lng, here.lat])) map.jumpTo({ center: [here.lng, here.lat] });
  }

  function play() {
    if (points.length < 2) return;
    let now = moment === null || moment >= points.at(-1)[0] ? start() : moment;
    let last = performance.now();
    button.textContent = "Pause";
    const step = (time) => {
      // Who wants less motion sees steps instead of a glide.
      if (!calm() || time - last > 500) {
        now += (time - last) * Math.max(1, length() / (seconds * 1000));
        last = time;
        show(Math.min(now, points.at(-1)[0]));
        if (now >= points.at(-1)[0]) return pause();
      }
      frame = requestAnimationFrame(step);
    };
    show(now);
    frame = requestAnimationFrame(step);
  }

  function pause() {
    cancelAnimationFrame(frame);
    frame = 0;
    button.textContent = "Play";
  }

  return {
    element,
    // show draws a trail. With at least two points it can be played.
    show(newPoints, truncated = false) {
      pause();
      points = newPoints;
      show(null);
      drawLine();
      slider.value = "1000";
      summary();
      element.hidden = false;
      note.hidden = !truncated && points.length > 1;
      note.textContent = truncated ? "Only the first part of the trail is shown." : "There is no recent trail.";
    },
    // renew shows a trail as it is known now, with what was added behind it since, unless somebody looks at a moment of it.
    renew(newPoints) {
      const end = newPoints.at(-1)?.[0] ?? -Infinity;
      if (moment === null) this.show([...newPoints, ...points.filter((p) => p[0] > end)]);
    },
    // add makes a trail longer at its end.
    add(point) {
      if (points.length > 0 && point[0] <= points.at(-1)[0]) return;
      points.push(point);
      drawLine();
      if (moment === null && points.length > 1) summary();
    },
    clear() {
      pause();
      points = [];
      element.hidden = true;
      show(null);
      drawLine();
    },
    play, pause,
    seek(part) { pause(); show(start() + length() * part); },
    state: () => ({ points: points.length, moment, playing: frame !== 0, at: moment === null ? null : at(points, moment) }),
    bounds: () => points.map((p) => [p[1], p[2]]),
  };
}
