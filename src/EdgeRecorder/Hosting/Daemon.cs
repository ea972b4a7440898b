using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;
using EdgeRecorder.Storage;
using Serilog.Extensions.Logging;

namespace EdgeRecorder.Hosting;

/// <summary>One life of the daemon: root, ledger, application, until SIGTERM or SIGINT.</summary>
internal static class Daemon
{
    /// <returns>0 after an orderly stop; 1 when it could not start or run, with the reason on standard error.</returns>
    public static async Task<int> ServeAsync(RecorderOptions options, Action<IServiceCollection> engine)
    {
        try
        {
            RootBinding.Require(options.Storage);
            using var root = DataRoot.Open(options.Storage.Root);
            await using var log = Logging.Open(options.System.Log, root.Logs);
            using var provider = new SerilogLoggerProvider(log);
            using var ledger = LedgerDatabase.Open(root.Ledger);
            await using var app = RecorderHost.Build(options, root, ledger, provider, engine);
            await app.RunAsync();
            return CommandLine.Done;
        }
        catch (Exception e) when (e is DataRootException or LedgerException or StorageException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"edge-recorder: {e.Message}");
            return CommandLine.Fault;
        }
    }
}
