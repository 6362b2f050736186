/// The words the sample is put together from. All invented or everyday; nobody in particular.
enum SampleNames {
    /// Names that go together: a second name is drawn from beside its first.
    struct GivenNames: Sendable {
        let first: [String]
        let second: [String]
    }

    static let givenNames = [
        GivenNames(
            first: [
                "Abril", "Agustina", "Alma", "Amparo", "Ángela", "Beatriz", "Begoña", "Belén",
                "Carmen", "Catalina", "Citlali", "Consuelo", "Dolores", "Eloísa", "Esperanza",
                "Fernanda", "Graciela", "Inés", "Jacinta", "Julieta", "Lourdes", "Lucía", "Marisol",
                "Mercedes", "Milagros", "Mónica", "Noemí", "Paloma", "Renata", "Rocío", "Sofía",
                "Úrsula", "Verónica", "Ximena", "Yolanda", "Zoila",
            ],
            second: [
                "Alejandra", "del Carmen", "del Pilar", "de los Ángeles", "Elena", "Guadalupe",
                "Isabel", "Leonor", "María", "Raquel", "Teresa",
            ]),
        GivenNames(
            first: [
                "Adrián", "Álvaro", "Andrés", "Aníbal", "Camilo", "César", "Damián", "Efraín",
                "Emilio", "Fabián", "Gonzalo", "Héctor", "Hernán", "Ignacio", "Íñigo", "Iván",
                "Joaquín", "Leandro", "Manuel", "Matías", "Néstor", "Octavio", "Óscar", "Ramón",
                "Rubén", "Saúl", "Tomás", "Valentín", "Víctor",
            ],
            second: [
                "Antonio", "de Jesús", "Eduardo", "Enrique", "José", "Luis", "María", "Miguel",
                "Pablo", "Sebastián",
            ]),
    ]

    /// Surnames with particles stand among the others: they must not be taken apart anywhere.
    static let surnames = [
        "Acuña", "Aguirre", "Albán", "Argüello", "Avendaño", "Ávila", "Ballesteros", "Benítez",
        "Bermúdez", "Briceño", "Cáceres", "Calderón", "Carreño", "Castañeda", "Cevallos", "Chávez",
        "Cuéllar", "de Anda", "de la Cruz", "de la Fuente", "de la Peña", "de la Torre", "de León",
        "de los Ríos", "de los Santos", "del Ángel", "del Castillo", "del Río", "del Valle",
        "Echeverría", "Elizondo", "Escobar", "Fariña", "Gallegos", "Garcés", "Godoy", "Güemes",
        "Hinojosa", "Ibáñez", "Iñiguez", "Jaramillo", "Ledesma", "Londoño", "Lozano", "Luján",
        "Maldonado", "Márquez", "Mejía", "Montúfar", "Muñoz", "Núñez", "Ocampo", "Ordóñez",
        "Palacios", "Paredes", "Peñaloza", "Pérez", "Quiñones", "Quiroga", "Restrepo", "Rincón",
        "Ríos", "Rodríguez", "Saldaña", "Sandoval", "Solís", "Tapia", "Treviño", "Ureña",
        "Valdés", "Vélez", "Villaseñor", "Yáñez", "Zambrano", "Zúñiga",
    ]

    static let trades = [
        "Autopartes", "Cafetería", "Carnicería", "Confecciones", "Distribuidora", "Dulcería",
        "Farmacia", "Ferretería", "Floristería", "Lavandería", "Librería", "Materiales",
        "Mueblería",
        "Óptica", "Panadería", "Papelería", "Peluquería", "Pinturas", "Taller", "Vidriería",
    ]

    /// Some with quotes of their own, which a CSV file has to double.
    static let tradeNames = [
        "Aires del Sur", "Dos Hermanos", "El Buen Precio", "El Cántaro", "El Ñandubay",
        "El Porvenir", "El Progreso", "El Roble", "La Campana", "La Cigüeña", "La Esquina",
        "La Fortuna", "La Montaña", "La Unión", "Las Tres Piñas", "Los Cedros", "Los Compadres",
        "Mi Pequeño Mundo", "Nueva Era", "San Gabriel", "Santa Lucía", "Tres Caminos",
        "\"Don Beto\"", "\"La Ñata\"",
    ]

    static let streets = [
        "Almendros", "Bolívar", "Constitución", "del Comercio", "Dieciséis de Julio", "El Molino",
        "Independencia", "Jacarandás", "La Ermita", "Las Acacias", "Las Peñas", "Libertad",
        "Los Álamos", "Mirador", "Olmos", "Primavera", "San Agustín", "Santa Mónica", "Sucre",
        "Unión", "Veinte de Mayo",
    ]

    static let neighbourhoods = [
        "Centro", "Del Bosque", "El Mirador", "Jardines del Valle", "La Estación", "Las Lomas",
        "Nueva Esperanza", "San Antonio", "Santa Ana", "Vista Hermosa",
    ]
}
