using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>What serves devices: servers, registry, journal, and the doors that are opened last.</summary>
internal static class DeviceEngine
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<DeviceJournal>();
        services.AddSingleton(s => new EventDesk(s.GetRequiredService<EventStore>(), s.GetRequiredService<LockDesk>(), s.GetRequiredService<ChannelCatalog>(),
            channel => channel.Record || s.GetRequiredService<IRecorder>().Status(new(channel.Number, 0)) is { State: ChannelState.Recording },
            s.GetRequiredService<IRing>(), Margins(Options(s)), s.GetRequiredService<ILogger<EventDesk>>()));
        services.AddSingleton(s => new TerminalReports(s.GetRequiredService<DeviceJournal>(), s.GetRequiredService<EventDesk>(), s.GetRequiredService<IRing>(), s.GetRequiredService<BoxClock>(),
            (utcUs, quality, source) => ((Ring)s.GetRequiredService<IRing>()).Clock.Suggest(s.GetRequiredService<BoxClock>(), utcUs, quality, source), s.GetRequiredService<ILogger<TerminalReports>>()));
        services.AddSingleton(s => new MediaHub(HubOptions(Options(s)), s.GetRequiredService<BoxClock>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<MediaHub>>(),
            () => new StoredSpeech(s.GetRequiredService<AacSound>())));
        services.AddSingleton(s => new VehicleTerminals(s.GetRequiredService<DeviceCatalog>(), Options(s), s.GetRequiredService<MediaHub>(), s.GetRequiredService<DeviceJournal>(),
            s.GetRequiredService<TerminalReports>(), s.GetRequiredService<BoxClock>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<VehicleTerminals>>()));
        services.AddSingleton(s => new TerminalServer(ServerOptions(Options(s)), new AuthorityCode(s.GetRequiredService<BoxSecret>().Derive("jt808 authority code")),
            s.GetRequiredService<VehicleTerminals>(), s.GetRequiredService<VehicleTerminals>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<TerminalServer>>()));
        services.AddSingleton<IDeviceProtocol, VehicleProtocol>().AddSingleton<IDeviceFigures, VehicleFigures>();
        services.AddHostedService<DeviceDoors>();
    }

    /// <summary>Made before what uses it, and so disposed after it: streams that end can still be said good-bye to.</summary>
    public static void Outlive(IServiceProvider services)
    {
        services.GetRequiredService<TerminalServer>();
        services.GetRequiredService<Devices.Surveillance.SurveillanceDevices>();
        services.GetRequiredService<Gb28181.Media.MediaReception>();
    }

    private static Jt808Options Options(IServiceProvider services) => services.GetRequiredService<RecorderOptions>().Jt808;

    private static AlarmMargins Margins(Jt808Options options)
        => new(TimeSpan.FromSeconds(options.AlarmBeforeSeconds), TimeSpan.FromSeconds(options.AlarmAfterSeconds), TimeSpan.FromSeconds(options.AlarmLongestSeconds));

    private static TerminalServerOptions ServerOptions(Jt808Options options) => new()
    {
        Bind = IPAddress.Parse(options.Bind), Port = options.Port, RequireAuthentication = options.RequireAuthentication, AcceptAnyCode = options.AcceptAnyCode,
        MostPendingPerSource = options.ConnectionsPerSource,
    };

    private static MediaHubOptions HubOptions(Jt808Options options) => new()
    {
        Address = IPAddress.Parse(options.Bind), MainPort = Open(options.MediaPort), SubPort = Open(options.SubPort), PlaybackPort = Open(options.PlaybackPort),
    };

    private static int? Open(int port) => port == 0 ? null : port;
}

/// <summary>
/// Opens the doors for devices once everything behind them is ready, before the box says that it is healthy; and does for devices what has to be done now and then.
/// </summary>
internal sealed class DeviceDoors(
    RecorderOptions options, TerminalServer server, MediaHub hub, VehicleTerminals terminals, DeviceCatalog catalog, DeviceJournal journal, PositionStore positions, IRecorder recorder,
    IRing ring, BoxClock clock, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Seen = TimeSpan.FromMinutes(5), Pruned = TimeSpan.FromHours(1);
    private readonly List<ITimer> _timers = [];

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        terminals.Ready += recorder.Retry;
        catalog.Changed += terminals.Changed;
        return Task.CompletedTask;
    }

    /// <exception cref="IOException">A port is taken.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var jt808 = options.Jt808;
        if (!jt808.Enabled)
            return Task.CompletedTask;
        Open(hub.Start, $"jt808.mediaPort {jt808.MediaPort}, subPort {jt808.SubPort}, playbackPort {jt808.PlaybackPort}");
        if (jt808.Port != 0)
            Open(server.Start, $"jt808.port {jt808.Port}");
        _timers.Add(time.CreateTimer(_ => terminals.NoteSeen(), null, Seen, Seen));
        _timers.Add(time.CreateTimer(_ => journal.Do(() => positions.Prune(ring.ToUtcUs(clock.BoottimeUs) - (long)TimeSpan.FromDays(jt808.PositionDays).TotalMicroseconds)), null, Pruned, Pruned));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timers.ForEach(timer => timer.Dispose());

    private static void Open(Action start, string what)
    {
        try
        {
            start();
        }
        catch (SocketException e)
        {
            throw new IOException($"{what}: {e.Message}", e);
        }
    }
}
