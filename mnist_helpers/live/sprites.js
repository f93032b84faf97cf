/* The digits of a figure, from the sprite that digits.py has made of them. */

/** A function (canvas, place) that draws one image of the sprite over a whole canvas. */
async function openSprite({ sprite, width, height }, columns = 32) {
  const sheet = new Image();
  sheet.src = `data:image/png;base64,${sprite}`;
  if (sprite) await sheet.decode();
  return (canvas, place) => {
    const context = canvas.getContext("2d");
    const [x, y] = [(place % columns) * width, Math.floor(place / columns) * height];
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, x, y, width, height, 0, 0, canvas.width, canvas.height);
  };
}
