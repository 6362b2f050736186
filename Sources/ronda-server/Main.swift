import Foundation
import RondaServer

@main
struct Main {
    static func main() async {
        exit(await RondaServerCommand.runFromCommandLine())
    }
}
