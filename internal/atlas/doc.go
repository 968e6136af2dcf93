// Package atlas is the map that pages show: where assets are, how they move, and the geofences around them.
//
// It holds static files alone, which it serves under /static/atlas/, and a bare page around them. The folder static is
// the house's own JavaScript, without a framework: live-map.js draws and moves, live-page.js starts it on a page. The
// folder lib is what others made, kept compressed, with its licences beside it: MapLibre GL JS draws (BSD, 6.17.0),
// pusher-js hears of new positions (MIT, 8.6.0), and the outline of the world is drawn from Natural Earth's countries
// (public domain, by world-atlas 2.0.2), for servers that name no host of map tiles. The folder fetch fetches them again
// (make libraries); nothing of it is needed to build.
//
// Read atlas.go for the files and page.go for what a page says to the script. The package owns no table. Whoever serves
// pages declares the one route, Pattern, and sends ContentSecurity with a page that holds a map: it lets the browser ask
// this server and the host of the tiles, and nobody else.
package atlas
