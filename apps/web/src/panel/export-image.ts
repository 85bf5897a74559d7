/** Hands a file to the browser's downloads. */
export function download(file: Blob, name: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const inlined = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'fill-opacity',
  'font-family',
  'font-size',
  'text-anchor',
];

/** The panel's drawings (every chart and heat map in it) as one PNG at twice the size; null where it has none. */
export async function panelImage(body: HTMLElement, title: string): Promise<Blob | null> {
  const drawings = [...body.querySelectorAll<SVGSVGElement | HTMLCanvasElement>('svg.recharts-surface, canvas')].filter(
    (node) => node.getBoundingClientRect().width > 40,
  );
  if (drawings.length === 0) return null;
  const box = body.getBoundingClientRect();
  const scale = 2;
  const head = 28;
  const canvas = document.createElement('canvas');
  canvas.width = box.width * scale;
  canvas.height = (box.height + head) * scale;
  const context = canvas.getContext('2d');
  if (context === null) return null;
  const style = getComputedStyle(document.documentElement);
  context.scale(scale, scale);
  context.fillStyle = style.getPropertyValue('--surface');
  context.fillRect(0, 0, box.width, box.height + head);
  context.fillStyle = style.getPropertyValue('--ink');
  context.font = `600 13px ${style.fontFamily}`;
  context.fillText(title, 12, 19);
  for (const drawing of drawings) {
    const place = drawing.getBoundingClientRect();
    const x = place.left - box.left;
    const y = place.top - box.top + head;
    if (drawing instanceof HTMLCanvasElement) context.drawImage(drawing, x, y, place.width, place.height);
    else context.drawImage(await rasterized(drawing, place), x, y, place.width, place.height);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** Colours come from style sheets that an image does not see: they are written into a copy first. */
async function rasterized(svg: SVGSVGElement, place: DOMRect): Promise<HTMLImageElement> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((node, i) => {
    const computed = getComputedStyle(originals[i] as Element);
    for (const name of inlined) node.setAttribute(name, computed.getPropertyValue(name));
  });
  copy.setAttribute('width', String(place.width));
  copy.setAttribute('height', String(place.height));
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = url;
  await image.decode();
  URL.revokeObjectURL(url);
  return image;
}
