const longestProduct = 40;

/**
 * Name of whoever pushes into a door: the program and the address, such as `Prometheus@10.0.0.7`, from the beginning of
 * its User-Agent and the other end of the connection. Behind a proxy all share the proxy's address; `X-Forwarded-For` is
 * not believed, since anybody can write it.
 */
export function senderOf(address: string, userAgent: string | undefined): string {
  const product = /^[\w.-]+(?: [A-Za-z][\w.-]*)*/
    .exec(userAgent ?? '')?.[0]
    .slice(0, longestProduct)
    .trim();
  const plain = address.replace(/^::ffff:/, '');
  return product === undefined || product === '' ? plain : `${product.replaceAll(' ', '-')}@${plain}`;
}
