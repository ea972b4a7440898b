using EdgeRecorder.Configuration;
using EdgeRecorder.Health;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Panel;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>What the front panel is made of.</summary>
internal static class PanelEngine
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton(s => new ButtonRecording(s.GetRequiredService<RecordingDesk>(), s.GetRequiredService<ChannelCatalog>(), s.GetRequiredService<RecorderOptions>().Panel.Channels));
        services.AddSingleton<PanelQueue>(s => new PanelQueue(Log(s)));
        services.AddSingleton(Lines);
        services.AddSingleton(s => new FrontPanel(s.GetRequiredService<RecorderOptions>().Panel, s.GetRequiredService<IPanelLines>(), Surroundings(s)));
        services.AddHostedService<PanelService>();
    }

    private static IPanelLines Lines(IServiceProvider services)
    {
        var options = services.GetRequiredService<RecorderOptions>().Panel;
        var (lines, reason) = GpioLines.Open(options, Log(services));
        return lines is not null ? lines : new SimulatedLines(options, reason, services.GetRequiredService<TimeProvider>());
    }

    private static PanelSurroundings Surroundings(IServiceProvider services)
    {
        var (catalog, recorder) = (services.GetRequiredService<ChannelCatalog>(), services.GetRequiredService<IRecorder>());
        var (recording, health) = (services.GetRequiredService<ButtonRecording>(), services.GetRequiredService<BoxHealth>());
        var (ring, time) = (services.GetRequiredService<IRing>(), services.GetRequiredService<TimeProvider>());
        var events = new PanelEvents(services.GetRequiredService<EventStore>(), new FoldedLocks(services.GetRequiredService<LockDesk>()), ring, services.GetRequiredService<BoxClock>(),
            () => recording.Channels.Where(channel => recording.Wants(channel)), time, Log(services));
        ISystemControl system = services.GetRequiredService<IPanelLines>().IsSimulated ? new SimulatedSystem() : new Systemctl();
        return new(catalog, recorder, recording, events, ring, () => BoxCondition.Read(catalog, recorder, recording, health), system, time, services.GetRequiredService<PanelQueue>().Post, Log(services));
    }

    private static ILogger Log(IServiceProvider services) => services.GetRequiredService<ILoggerFactory>().CreateLogger("EdgeRecorder.Panel");
}

/// <summary>The panel from the start of the channels to the stop: then its lights go out and its lines are given back.</summary>
/// <param name="services">The panel is made when it starts and not when all services are made: what lasts at its lines by then becomes an event, and the ledger has to be ready for it.</param>
internal sealed partial class PanelService(IServiceProvider services, TimeProvider time, ILogger<PanelService> log) : IHostedService, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private ITimer? _refresh;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var (panel, lines) = (services.GetRequiredService<FrontPanel>(), services.GetRequiredService<IPanelLines>());
        LogLines(lines.IsSimulated ? "simulated: " : "", lines.Description);
        if (!lines.IsSimulated)                            // who asks for a simulated one is shown it as it is then
            _refresh = time.CreateTimer(_ => panel.Refresh(), null, TimeSpan.Zero, Period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _refresh?.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "Front panel: {Simulated}{Lines}")]
    private partial void LogLines(string simulated, string lines);
}
