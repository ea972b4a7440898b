using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;
using EdgeRecorder.Storage;
using Serilog.Extensions.Logging;

namespace EdgeRecorder.Hosting;

/// <summary>One life of the daemon: root, ledger, application, until SIGTERM or SIGINT.</summary>
internal static class Daemon
{
    /// <returns>0 after an orderly stop; 1 when it could not start or run, with the reason in the log, or on standard error while there is no log.</returns>
    public static async Task<int> ServeAsync(RecorderOptions options, Action<IServiceCollection> engine)
    {
        try
        {
            RootBinding.Require(options.Storage);
            using var root = DataRoot.Open(options.Storage.Root);
            await using var log = Logging.Open(options.System.Log, root.Logs);
            try
            {
                return await RunAsync(options, root, log, engine);
            }
            catch (Exception e) when (IsForTheOwner(e))
            {
                log.ForContext(Serilog.Core.Constants.SourceContextPropertyName, typeof(Daemon).FullName).Fatal("Cannot run: {Reason}", e.Message);
                return CommandLine.Fault;
            }
        }
        catch (Exception e) when (IsForTheOwner(e))
        {
            await Console.Error.WriteLineAsync($"edge-recorder: {e.Message}");
            return CommandLine.Fault;
        }
    }

    private static async Task<int> RunAsync(RecorderOptions options, DataRoot root, Serilog.Core.Logger log, Action<IServiceCollection> engine)
    {
        using var provider = new SerilogLoggerProvider(log);
        using var ledger = LedgerDatabase.Open(root.Ledger);
        await using var app = RecorderHost.Build(options, root, ledger, provider, engine);
        await app.RunAsync();
        return CommandLine.Done;
    }

    /// <summary>What the message says enough of; anything else is a fault of this program and keeps its trace.</summary>
    private static bool IsForTheOwner(Exception e) => e is DataRootException or LedgerException or StorageException or IOException or UnauthorizedAccessException;
}
