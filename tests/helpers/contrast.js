// Returns texts of a page whose contrast with their ground is below WCAG's 4.5, with the ratio.
const parse = (text) => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, n) => sum + v * [.2126, .7152, .0722][n], 0);
const over = (top, bottom) => { const a = top[3] / 255; return top.slice(0, 3).map((v, n) => v * a + bottom[n] * (1 - a)); };
const ground = (node) => {
  const stack = [];
  for (let n = node; n; n = n.parentElement) stack.push(parse(getComputedStyle(n).backgroundColor));
  return stack.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
};
const weak = [];
for (const node of document.querySelectorAll("h1, h2, h3, p, a, b, dt, dd, label, button, th, td, li, summary")) {
  if (!node.textContent.trim() || !node.checkVisibility()) continue;
  const back = ground(node);
  const [a, b] = [light(over(parse(getComputedStyle(node).color), back)), light(back)];
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) weak.push([node.textContent.trim().slice(0, 30), ratio.toFixed(2)]);
}
return weak;
