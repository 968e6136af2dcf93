package demo

// junction is a named place where roads meet or a vehicle may stop. Degrees, and metres above the sea.
type junction struct {
	id                            string
	latitude, longitude, altitude float64
}

// road joins two junctions, and is driven both ways. via are the places it passes on its way, as pairs of latitude and
// longitude; limit is in km/h.
type road struct {
	from, to string
	limit    float64
	via      []float64
}

// junctions are the places of the net.
func junctions() []junction {
	return []junction{
		{"valletta", 35.89560, 14.50790, 48},
		{"floriana", 35.89230, 14.50430, 45},
		{"bombi", 35.88890, 14.50060, 40},
		{"blata", 35.88640, 14.49690, 30},
		{"hamrun", 35.88610, 14.49000, 50},
		{"santa venera", 35.88960, 14.47820, 60},
		{"fleur-de-lys", 35.89370, 14.46990, 62},
		{"birkirkara", 35.89680, 14.46180, 60},
		{"balzan", 35.89950, 14.45450, 70},
		{"lija", 35.90130, 14.44760, 75},
		{"attard", 35.89080, 14.44270, 85},
		{"mriehel", 35.89130, 14.46330, 50},
		{"mdina road", 35.88980, 14.45180, 70},
		{"ta' qali", 35.89170, 14.42420, 100},
		{"pitkali", 35.89480, 14.41880, 105},
		{"rabat", 35.88280, 14.40130, 190},
		{"dingli", 35.86120, 14.38240, 225},
		{"mtarfa", 35.89080, 14.39900, 175},
		{"durumblat", 35.90300, 14.42870, 85},
		{"mosta", 35.90990, 14.42560, 75},
		{"naxxar", 35.91330, 14.44350, 115},
		{"iklin", 35.90720, 14.45360, 90},
		{"mater dei", 35.90220, 14.47580, 50},
		{"san gwann", 35.90720, 14.47700, 80},
		{"msida", 35.89750, 14.48950, 5},
		{"pieta", 35.89320, 14.49550, 5},
		{"gzira", 35.90600, 14.49480, 5},
		{"sliema", 35.90980, 14.50230, 4},
		{"balluta", 35.91420, 14.49420, 8},
		{"spinola", 35.91780, 14.49000, 10},
		{"paceville", 35.92230, 14.48560, 35},
		{"tal-qroqq", 35.90060, 14.48260, 40},
		{"kappara", 35.90650, 14.48460, 55},
		{"regional south", 35.88760, 14.48060, 55},
		{"pembroke", 35.92780, 14.47800, 40},
		{"bahar ic-caghaq", 35.93950, 14.45400, 8},
		{"salina", 35.94560, 14.42770, 4},
		{"kennedy grove", 35.94320, 14.42020, 5},
		{"qawra", 35.95280, 14.42220, 10},
		{"bugibba", 35.94990, 14.41480, 12},
		{"st paul's bay", 35.94800, 14.40190, 12},
		{"burmarrad", 35.93560, 14.41450, 15},
		{"xemxija", 35.94700, 14.38950, 8},
		{"selmun", 35.95480, 14.37390, 75},
		{"mellieha", 35.95700, 14.36290, 110},
		{"ghadira", 35.96850, 14.35080, 4},
		{"cirkewwa", 35.98800, 14.32950, 6},
		{"mgarr", 35.91920, 14.36720, 95},
		{"marsa", 35.87930, 14.49340, 8},
		{"addolorata", 35.87450, 14.49790, 10},
		{"paola", 35.87290, 14.50720, 45},
		{"santa lucija", 35.86430, 14.50280, 60},
		{"tarxien", 35.86380, 14.51280, 50},
		{"fgura", 35.87150, 14.52070, 40},
		{"bormla", 35.88120, 14.52080, 20},
		{"zabbar", 35.87650, 14.53330, 50},
		{"marsaskala", 35.86370, 14.56350, 4},
		{"zejtun", 35.85620, 14.53350, 55},
		{"zejtun roundabout", 35.85370, 14.52480, 45},
		{"bir id-deheb", 35.84690, 14.52540, 50},
		{"marsaxlokk", 35.84170, 14.54230, 3},
		{"birzebbuga", 35.82830, 14.52700, 5},
		{"freeport", 35.81800, 14.53260, 5},
		{"hal far", 35.81600, 14.51120, 45},
		{"kirkop", 35.84180, 14.48560, 70},
		{"zurrieq", 35.83110, 14.47450, 90},
		{"luqa", 35.85980, 14.48640, 75},
		{"luqa roundabout", 35.86020, 14.49120, 70},
		{"airport junction", 35.85560, 14.49420, 75},
		{"airport", 35.85010, 14.49560, 85},
		{"qormi", 35.87900, 14.46890, 30},
		{"zebbug", 35.87220, 14.44060, 115},
		{"siggiewi", 35.85520, 14.43830, 110},
	}
}

// roads are the ways between the junctions.
func roads() []road {
	return append(append(harbourRoads(), northRoads()...), southRoads()...)
}

// harbourRoads join the towns round the two harbours and the middle of the island.
func harbourRoads() []road {
	return []road{
		{"valletta", "floriana", 40, []float64{35.89440, 14.50660}},
		{"floriana", "bombi", 50, []float64{35.89070, 14.50260}},
		{"bombi", "blata", 60, []float64{35.88770, 14.49860}},
		{"blata", "hamrun", 40, []float64{35.88590, 14.49340}},
		{"hamrun", "santa venera", 35, []float64{35.88680, 14.48640, 35.88830, 14.48240}},
		{"santa venera", "fleur-de-lys", 45, []float64{35.89090, 14.47480, 35.89220, 14.47220}},
		{"fleur-de-lys", "birkirkara", 40, []float64{35.89560, 14.46640}},
		{"birkirkara", "balzan", 35, []float64{35.89830, 14.45830}},
		{"balzan", "lija", 30, []float64{35.90060, 14.45090}},
		{"lija", "attard", 35, []float64{35.89800, 14.44540, 35.89420, 14.44350}},
		{"lija", "iklin", 40, []float64{35.90420, 14.45010}},
		{"birkirkara", "mriehel", 45, []float64{35.89420, 14.46310}},
		{"fleur-de-lys", "mriehel", 45, []float64{35.89240, 14.46700}},
		{"mriehel", "regional south", 70, []float64{35.88980, 14.46850, 35.88830, 14.47480}},
		{"mriehel", "mdina road", 70, []float64{35.89180, 14.45890, 35.89100, 14.45480}},
		{"mdina road", "attard", 60, []float64{35.88990, 14.44700}},
		{"attard", "ta' qali", 70, []float64{35.89090, 14.43770, 35.89080, 14.43060}},
		{"ta' qali", "rabat", 70, []float64{35.89010, 14.41800, 35.88800, 14.41170, 35.88560, 14.40620, 35.88410, 14.40300}},
		{"ta' qali", "pitkali", 50, []float64{35.89350, 14.42150}},
		{"rabat", "dingli", 50, []float64{35.87850, 14.39750, 35.87200, 14.39250, 35.86650, 14.38650}},
		{"rabat", "mtarfa", 40, []float64{35.88560, 14.39960, 35.88840, 14.39840}},
		{"mtarfa", "mosta", 60, []float64{35.89520, 14.40230, 35.90020, 14.40850, 35.90500, 14.41600, 35.90820, 14.42140}},
		{"ta' qali", "durumblat", 60, []float64{35.89500, 14.42640, 35.89930, 14.42760}},
		{"durumblat", "mosta", 40, []float64{35.90660, 14.42700}},
		{"santa venera", "regional south", 45, []float64{35.88870, 14.47980}},
		{"regional south", "tal-qroqq", 70, []float64{35.89180, 14.48090, 35.89560, 14.48150}},
		{"tal-qroqq", "kappara", 70, []float64{35.90370, 14.48360}},
		{"kappara", "paceville", 60, []float64{35.91080, 14.48500, 35.91550, 14.48450, 35.91920, 14.48420}},
		{"tal-qroqq", "msida", 50, []float64{35.89930, 14.48440, 35.89820, 14.48700}},
		{"tal-qroqq", "mater dei", 60, []float64{35.90150, 14.47930}},
		{"mater dei", "iklin", 70, []float64{35.90330, 14.47060, 35.90450, 14.46480, 35.90590, 14.45890}},
		{"mater dei", "san gwann", 40, []float64{35.90490, 14.47620}},
		{"san gwann", "kappara", 40, []float64{35.90790, 14.48100}},
		{"birkirkara", "mater dei", 35, []float64{35.89880, 14.46600, 35.90040, 14.47080}},
		{"msida", "pieta", 50, []float64{35.89600, 14.49330}},
		{"pieta", "bombi", 50, []float64{35.89120, 14.49870}},
		{"msida", "gzira", 50, []float64{35.89990, 14.49070, 35.90310, 14.49210}},
		{"kappara", "gzira", 45, []float64{35.90620, 14.48900}},
		{"gzira", "sliema", 45, []float64{35.90700, 14.49780, 35.90860, 14.50010}},
		{"sliema", "balluta", 40, []float64{35.91210, 14.50440, 35.91500, 14.50430, 35.91660, 14.50100, 35.91540, 14.49700}},
		{"balluta", "spinola", 35, []float64{35.91530, 14.49220, 35.91720, 14.49190}},
		{"spinola", "paceville", 35, []float64{35.91960, 14.48760}},
		{"marsa", "regional south", 60, []float64{35.88130, 14.48900, 35.88450, 14.48430}},
		{"marsa", "bombi", 60, []float64{35.88120, 14.49620, 35.88480, 14.49820}},
		{"marsa", "addolorata", 70, []float64{35.87690, 14.49560}},
		{"marsa", "qormi", 50, []float64{35.87880, 14.48700, 35.87830, 14.47940, 35.87790, 14.47380}},
		{"qormi", "mriehel", 50, []float64{35.88320, 14.46830, 35.88790, 14.46600}},
	}
}

// northRoads join the towns from Naxxar to the ferry.
func northRoads() []road {
	return []road{
		{"mosta", "naxxar", 40, []float64{35.91060, 14.43060, 35.91150, 14.43680}},
		{"naxxar", "iklin", 50, []float64{35.91120, 14.44740, 35.90930, 14.45080}},
		{"naxxar", "kennedy grove", 60, []float64{35.91650, 14.44080, 35.92080, 14.43830, 35.92700, 14.43290, 35.93380, 14.42770, 35.93920, 14.42390}},
		{"paceville", "pembroke", 60, []float64{35.92560, 14.48200}},
		{"pembroke", "bahar ic-caghaq", 80, []float64{35.93120, 14.47280, 35.93520, 14.46630, 35.93780, 14.45970}},
		{"bahar ic-caghaq", "salina", 80, []float64{35.94090, 14.44810, 35.94300, 14.44160, 35.94480, 14.43490}},
		{"salina", "kennedy grove", 60, []float64{35.94480, 14.42360}},
		{"kennedy grove", "burmarrad", 70, []float64{35.94010, 14.41770}},
		{"kennedy grove", "qawra", 50, []float64{35.94660, 14.41930, 35.95020, 14.42040}},
		{"qawra", "bugibba", 40, []float64{35.95240, 14.41830}},
		{"bugibba", "st paul's bay", 40, []float64{35.94860, 14.41100, 35.94880, 14.40640}},
		{"st paul's bay", "xemxija", 50, []float64{35.94750, 14.39770, 35.94590, 14.39330}},
		{"burmarrad", "xemxija", 70, []float64{35.94000, 14.41060, 35.94190, 14.40440, 35.94330, 14.39790, 35.94520, 14.39250}},
		{"burmarrad", "mosta", 60, []float64{35.93030, 14.41450, 35.92480, 14.41620, 35.91970, 14.41500, 35.91600, 14.41800, 35.91270, 14.42200}},
		{"xemxija", "selmun", 60, []float64{35.94900, 14.38700, 35.95110, 14.38230, 35.95330, 14.37850}},
		{"selmun", "mellieha", 50, []float64{35.95590, 14.37010, 35.95640, 14.36650}},
		{"mellieha", "ghadira", 50, []float64{35.95930, 14.36140, 35.96210, 14.35930, 35.96450, 14.35660, 35.96640, 14.35310}},
		{"ghadira", "cirkewwa", 60, []float64{35.97090, 14.34820, 35.97330, 14.34580, 35.97620, 14.34300, 35.98010, 14.33910, 35.98440, 14.33420}},
		{"mosta", "mgarr", 60, []float64{35.91080, 14.41690, 35.91190, 14.40740, 35.91440, 14.39680, 35.91780, 14.38520, 35.91930, 14.37510}},
		{"mgarr", "xemxija", 50, []float64{35.92580, 14.36900, 35.93270, 14.37480, 35.93990, 14.38250, 35.94480, 14.38760}},
	}
}

// southRoads join the towns from the head of the Grand Harbour to the Freeport.
func southRoads() []road {
	return []road{
		{"rabat", "zebbug", 60, []float64{35.88010, 14.40740, 35.87680, 14.41800, 35.87450, 14.42930}},
		{"zebbug", "qormi", 70, []float64{35.87380, 14.44890, 35.87600, 14.45720, 35.87780, 14.46380}},
		{"mdina road", "zebbug", 60, []float64{35.88420, 14.44970, 35.87790, 14.44600}},
		{"zebbug", "siggiewi", 50, []float64{35.86640, 14.44110, 35.86030, 14.44000}},
		{"siggiewi", "luqa", 60, []float64{35.85650, 14.44780, 35.85880, 14.45980, 35.86050, 14.47180}},
		{"addolorata", "paola", 50, []float64{35.87350, 14.50270}},
		{"addolorata", "santa lucija", 70, []float64{35.87040, 14.49960}},
		{"addolorata", "luqa roundabout", 60, []float64{35.87080, 14.49450, 35.86590, 14.49160}},
		{"luqa", "luqa roundabout", 40, []float64{35.86030, 14.48890}},
		{"luqa roundabout", "airport junction", 60, []float64{35.85790, 14.49280}},
		{"airport junction", "airport", 50, []float64{35.85280, 14.49560}},
		{"santa lucija", "airport junction", 60, []float64{35.86130, 14.49870}},
		{"santa lucija", "tarxien", 60, []float64{35.86320, 14.50790}},
		{"tarxien", "zejtun roundabout", 80, []float64{35.86120, 14.51480, 35.85780, 14.51910}},
		{"paola", "tarxien", 40, []float64{35.86840, 14.51060}},
		{"paola", "fgura", 40, []float64{35.87230, 14.51420}},
		{"fgura", "zabbar", 40, []float64{35.87380, 14.52710}},
		{"fgura", "bormla", 40, []float64{35.87620, 14.52190}},
		{"zabbar", "marsaskala", 60, []float64{35.87380, 14.54130, 35.86960, 14.54930, 35.86560, 14.55690}},
		{"zabbar", "zejtun", 50, []float64{35.87050, 14.53480, 35.86350, 14.53430}},
		{"zejtun", "zejtun roundabout", 50, []float64{35.85490, 14.52910}},
		{"zejtun roundabout", "bir id-deheb", 70, []float64{35.85020, 14.52560}},
		{"bir id-deheb", "marsaxlokk", 60, []float64{35.84560, 14.53140, 35.84340, 14.53790}},
		{"bir id-deheb", "birzebbuga", 60, []float64{35.84220, 14.52350, 35.83740, 14.52440, 35.83290, 14.52680}},
		{"birzebbuga", "freeport", 40, []float64{35.82420, 14.52660, 35.82130, 14.52900}},
		{"birzebbuga", "hal far", 50, []float64{35.82280, 14.52330, 35.81900, 14.51760}},
		{"hal far", "kirkop", 60, []float64{35.81820, 14.50450, 35.82350, 14.49770, 35.82990, 14.49200, 35.83670, 14.48830}},
		{"kirkop", "zurrieq", 50, []float64{35.83660, 14.48090}},
		{"kirkop", "luqa", 60, []float64{35.84690, 14.48450, 35.85370, 14.48480}},
		{"airport junction", "bir id-deheb", 60, []float64{35.85180, 14.50270, 35.84920, 14.51240, 35.84690, 14.52000}},
	}
}
