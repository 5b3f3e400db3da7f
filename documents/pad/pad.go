// Package pad reads what an Etherpad server exports as .etherpad, and makes
// text, HTML and Markdown from it. It asks no server for anything.
package pad
