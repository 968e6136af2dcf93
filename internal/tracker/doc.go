// Package tracker reads what trackers send, in the words of their makers: packets of Teltonika's codecs 8 and 8
// Extended, the form and the JSON of the OsmAnd protocol, and the JSON that a Traccar server forwards. Each becomes
// Reports, in this product's units. It needs the standard library alone, so that its fuzz targets compile fast.
//
// Sensors are a name and a number. The names are the same whichever protocol they come by:
//
//	external_voltage              V, of the vehicle
//	battery_voltage               V, of the tracker's own battery
//	power_cut                     1 while the tracker is cut off from the vehicle's power, else 0
//	charging                      1 while the battery is charged, else 0
//	movement                      1 while the tracker's motion sensor feels the vehicle move, else 0
//	gsm_signal                    as the tracker grades it; Teltonika: 0 to 5
//	hdop, pdop                    dilution of precision
//	ibutton                       the 48-bit serial number of the key on the reader, 0 for none
//	can_odometer                  km, as the vehicle's own bus tells it
//	engine_rpm, engine_hours      rounds a minute; hours that the engine has run
//	fuel_level, fuel              per cent of the tank; litres
//	wire1.temperature … wire4      °C, of a sensor on a wire
//	ble1.temperature … ble4       °C, of a paired Bluetooth sensor
//	ble1.humidity … ble4          per cent
//	ble1.battery … ble4           per cent
//	beacon.<id>.rssi              dBm, of a Bluetooth beacon that is heard
//	beacon.<id>.battery_voltage   V
//	beacon.<id>.temperature       °C
//
// A beacon's id is what it sends, in hexadecimal: of an iBeacon 40 digits (UUID, major, minor), of an Eddystone 32
// (namespace, instance). What OsmAnd or Traccar call otherwise and isn't named here keeps its own name; elements of
// Teltonika that aren't named here are not kept.
//
// The package owns no table and no route. It refuses what it can't read to the end, and never guesses at bytes; values
// that no position can have are left for internal/trail to reject.
//
// Read report.go first, then one file for each protocol: teltonika.go (with element.go and beacon.go), osmand.go (with
// phone.go), traccar.go, and mqtt.go for the first bytes of an MQTT connection.
package tracker
