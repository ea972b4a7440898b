using System.Globalization;
using EdgeRecorder.Configuration;
using Serilog;
using Serilog.Events;

namespace EdgeRecorder.Hosting;

/// <summary>Logs to the console (the journal of systemd) and to `logs/` under the root, at most 20 MB there and 5 MB of ballast.</summary>
internal static class Logging
{
    private const string Line = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} {Level:u3} {SourceContext}: {Message:lj}{NewLine}{Exception}";
    private const long FileBytes = 5_000_000;
    private const int Files = 4;

    public static Serilog.Core.Logger Open(LogDetail detail, string? directory, long fileBytes = FileBytes)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(detail switch { LogDetail.Debug => LogEventLevel.Debug, LogDetail.Warning => LogEventLevel.Warning, LogDetail.Error => LogEventLevel.Error, _ => LogEventLevel.Information })
            .MinimumLevel.Override("Microsoft", detail == LogDetail.Debug ? LogEventLevel.Information : LogEventLevel.Warning)
            // Why the host could not start is said once, without a trace, by whoever started it.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
            // The framework's base class says every 401; who was refused shows in the audit and the throttle, not line by line here.
            .MinimumLevel.Override("EdgeRecorder.Api.Security.BoxAuthentication", LogEventLevel.Warning)
            .WriteTo.Console(outputTemplate: Line, formatProvider: CultureInfo.InvariantCulture);
        if (directory is not null)
            logger.WriteTo.File(Path.Combine(directory, "edge-recorder.log"), outputTemplate: Line, formatProvider: CultureInfo.InvariantCulture,
                fileSizeLimitBytes: fileBytes, rollOnFileSizeLimit: true, retainedFileCountLimit: Files, hooks: new LogReserve(fileBytes));
        return logger.CreateLogger();
    }
}
