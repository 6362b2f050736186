internal import Foundation
internal import Hummingbird
internal import NIOCore

/// What is known of a request beside itself.
struct RondaRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    /// The network it comes from: the address, or of IPv6 the first 64 bits, because whoever has one
    /// address there has all of them. Empty where there is none.
    var network: String {
        switch remoteAddress {
        case .v4(let address): address.host
        case .v6(let address):
            withUnsafeBytes(of: address.address.sin6_addr) { bytes in
                bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
            }
        case .unixDomainSocket, nil: ""
        }
    }
}
