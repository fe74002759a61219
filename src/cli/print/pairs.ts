/** ` port eth0.42 udpPort 7` */
export const pairs = (entries: object): string =>
  Object.entries(entries)
    .map(([key, value]) => ` ${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('');
