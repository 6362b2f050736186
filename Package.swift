// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

// The generated protobuf code triggers a few of the upcoming-feature warnings, so its target keeps
// the language mode only.
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let arguments: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(
    name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(
    name: "HummingbirdTLS", package: "hummingbird")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let signals: Target.Dependency = .product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let lifecycle: Target.Dependency = .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")

func source(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "ronda",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: [
        .library(name: "RondaClient", targets: ["RondaClient"]),
        .executable(name: "ronda", targets: ["ronda"]),
        .executable(name: "ronda-server", targets: ["ronda-server"]),
        .executable(name: "ronda-bench", targets: ["ronda-bench"]),
        .executable(name: "ronda-sim", targets: ["ronda-sim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", "4.5.2"..<"5.0.0"),
    ],
    targets: [
        // Executables: composition roots.
        .executableTarget(
            name: "ronda",
            dependencies: ["RondaTerminal", "RondaNcurses", "RondaScreen", "RondaClient"],
            swiftSettings: strict),
        .executableTarget(
            name: "ronda-server", dependencies: ["RondaServer", arguments], swiftSettings: strict),
        .executableTarget(
            name: "ronda-bench",
            dependencies: [
                "RondaServer", "RondaHub", "RondaStoreSQLite", "RondaStore", "RondaClient",
                "RondaSQLite", "RondaWire", "RondaProtobuf", "RondaModel", "CRawSQLite", grdb,
                arguments, protobuf,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "ronda-sim", dependencies: ["RondaSimulation", arguments], swiftSettings: strict),
        // The world of the tests: sees everything, is seen by nothing.
        source(
            "RondaSimulation",
            [
                "RondaHub", "RondaStoreSQLite", "RondaStore", "RondaMerge", "RondaClient",
                "RondaSQLite", "RondaWire", "RondaProtobuf", "RondaModel", grdb, sqlite, protobuf,
            ]),
        // People.
        source(
            "RondaTerminal",
            ["RondaScreen", "RondaClient", "RondaMethod", "RondaModel", arguments]),
        // The screen: what it shows and what keys do, pure; and the terminal it is shown on.
        source("RondaNcurses", ["RondaScreen", "CNcurses"]),
        source("RondaScreen", ["RondaModel"]),
        source(
            "RondaServer",
            [
                "RondaHub", "RondaStoreSQLite", "RondaStore", "RondaWire", "RondaModel",
                "RondaMerge",
                hummingbird, arguments, logging, metrics, lifecycle, signals, protobuf,
                "RondaSQLite",
                "RondaProtobuf", httpTypes, nioCore, hummingbirdCore, hummingbirdTLS, nioSSL, x509,
                asn1, crypto,
            ]),
        // The device.
        source(
            "RondaClient",
            [
                "RondaModel", "RondaWire", "RondaProtobuf", "RondaSQLite", grdb,
                .target(name: "CCurl", condition: .when(platforms: [.linux])), logging,
                crypto, protobuf,
            ]),
        // The hub.
        source(
            "RondaHub",
            [
                "RondaStore", "RondaMerge", "RondaWire", "RondaProtobuf", "RondaModel", logging,
                crypto, cryptoExtras, protobuf,
            ]),
        source(
            "RondaStoreSQLite", ["RondaStore", "RondaSQLite", "RondaMerge", "RondaModel", grdb]),
        source(
            "RondaStore", ["RondaModel", "RondaMerge", "RondaWire", "RondaProtobuf", protobuf]),
        // SQLite by index, for the hub and for the device.
        source("RondaSQLite", ["RondaModel", grdb, sqlite]),
        // Pure.
        source("RondaMerge", ["RondaModel"]),
        source("RondaMethod", ["RondaModel"]),
        source("RondaWire", ["RondaModel", "RondaProtobuf", "CZlib", protobuf, crypto]),
        .target(
            name: "RondaProtobuf", dependencies: [protobuf],
            swiftSettings: [.treatAllWarnings(as: .error)]),
        source("RondaModel", [crypto]),
        // C.
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .target(name: "CRawSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        // Tests.
        tests("RondaModel", ["RondaModel"]),
        tests("RondaScreen", ["RondaScreen", "RondaModel"], exclude: ["Golden"]),
        tests(
            "RondaTerminal",
            [
                "RondaTerminal", "RondaScreen", "RondaClient", "RondaMethod", "RondaModel",
                "RondaHub", "RondaStoreSQLite",
                "RondaStore", "RondaWire", "RondaProtobuf", protobuf,
            ]),
        tests("RondaClient", ["RondaClient", "RondaModel"]),
        tests(
            "RondaServer",
            [
                "RondaServer", "RondaHub", "RondaStoreSQLite", "RondaStore", "RondaWire",
                "RondaProtobuf", "RondaModel",
            ]),
        tests("RondaMerge", ["RondaMerge", "RondaModel"]),
        // Both pure halves: many rules of the method are about what two devices leave behind.
        tests("RondaMethod", ["RondaMethod", "RondaMerge", "RondaModel"]),
        tests(
            "RondaFuzz",
            [
                "RondaServer", "RondaClient", "RondaHub", "RondaStoreSQLite", "RondaStore",
                "RondaMerge", "RondaWire", "RondaProtobuf", "RondaModel", protobuf, grdb,
            ], exclude: ["Corpus"]),
        tests(
            "RondaWire",
            ["RondaWire", "RondaProtobuf", "RondaModel", "RondaStore", "RondaMerge", protobuf]),
        tests(
            "RondaHub",
            [
                "RondaHub", "RondaStoreSQLite", "RondaStore", "RondaMerge", "RondaWire",
                "RondaProtobuf", "RondaModel", protobuf, grdb,
            ]),
        tests(
            "RondaStoreSQLite",
            ["RondaStoreSQLite", "RondaStore", "RondaMerge", "RondaModel", grdb]),
        tests(
            "RondaSimulation",
            ["RondaSimulation", "RondaClient", "RondaHub", "RondaStoreSQLite", "RondaModel"]),
        tests(
            "RondaProcess",
            [
                "ronda", "ronda-server", "ronda-sim", "RondaClient", "RondaServer",
                "RondaStoreSQLite", "RondaSQLite", "RondaModel", "RondaWire", "RondaProtobuf",
                protobuf, grdb,
            ], exclude: ["Golden"]),
        tests(
            "RondaEndToEnd",
            [
                "RondaClient", "RondaServer", "RondaHub", "RondaStoreSQLite", "RondaStore",
                "RondaMerge", "RondaWire", "RondaProtobuf", "RondaModel", protobuf, grdb, lifecycle,
                logging,
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// A few pure targets by themselves, which build in a minute: their names, with commas between.
if let named = Context.environment["RONDA_ONLY"] {
    let only = Set(named.split(separator: ",").map { String($0) })
    package.products = []
    package.targets.removeAll { !only.contains($0.name) }
}
