// What the four services know of an order, worked out of its number: 1 to 1,000,000
// are orders, all others are not.
const ORDER = /^[1-9][0-9]{0,5}$|^1000000$/

const priceOf = product => product * 37 % 5000 + 99
const stockOf = product => product * 7 % 50

function productsOf (order) {
  return Array.from({ length: 1 + order % 3 }, (_, i) => (order * 3 + i * 7) % 97 + 1)
}

const known = give => text => ORDER.test(text) ? give(Number(text)) : null

export const services = {
  users: known(id => ({ id, name: `user${id}` })),
  catalogue: known(id => ({ items: productsOf(id).map(product => ({ product, name: `p${product}` })) })),
  prices: known(id => ({ prices: productsOf(id).map(product => ({ product, price: priceOf(product) })) })),
  stock: known(id => ({ stock: productsOf(id).map(product => ({ product, stock: stockOf(product) })) }))
}
