using EdgeRecorder.Api;
using EdgeRecorder.Api.Doors;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Export;
using EdgeRecorder.Files;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Recording;
using EdgeRecorder.Schedules;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>What happens once at start, in order: dates, first password, channels, locks, recordings; and what systemd is told.</summary>
internal sealed partial class Startup(
    RecorderOptions options, ClockStore clocks, InitialPassword password, ChannelCatalog catalog, DeviceCatalog devices, EventStore events, LockDesk locks, RecordingDesk recordings, ScheduleDesk schedules, IEnumerable<IRecordingFollower> followers, NamedFiles files, WantedDevices wanted,
    ExportDesk exports, IRing ring, DevicePasswords passwords, IEnumerable<Door> doors, Readiness readiness, IHostApplicationLifetime lifetime, TimeProvider time, SystemdNotify systemd, ILogger<Startup> log) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        LogBoot(clocks.Boots().Count, options.Storage.Root);
        if (password.Ensure() is { } first)
            LogFirstPassword(first, password.Path);
        catalog.Load(options.Channels);
        devices.Load();
        devices.ChannelChanged += recordings.Changed;
        devices.ChannelRemoved += recordings.Removed;
        events.EndLeft();
        locks.Start();
        foreach (var follower in followers)
            recordings.Follow(follower);
        recordings.Start();
        await schedules.StartAsync();
        ring.MayOverwrite();                                // locks and promises are known
        files.CloseLeft();
        wanted.Start();
        exports.Start();
        foreach (var door in doors)
            if (door.Options is { Enabled: true, Access: Access.Anonymous, Port: not 0 })
                LogAnonymous(door.Name, door.Options.Port);
        if (options.Api.Ome is { Enabled: true, Port: not 0, Token: "ome-access-token" })
            LogSampleToken(options.Api.Ome.Port);
        lifetime.ApplicationStarted.Register(() =>
        {
            readiness.ListenersOpen = true;
            LogReady(catalog.All.Count, Doors());
            systemd.Ready();
            GiveBackMemory();
        });
        lifetime.ApplicationStopping.Register(() =>
        {
            readiness.ListenersOpen = false;
            LogStopping();
            systemd.Stopping();
        });
        await base.StartAsync(cancellationToken);
    }

    /// <summary>A minute later the methods that turned out hot have been compiled anew, and neither the compiler nor what start-up ran is needed in memory.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(TimeSpan.FromMinutes(1), time, stoppingToken);
        GiveBackMemory();                                   // of the first connections too
        ProgramImage.LetGo();
        ChunkPool.Video.LetGoOfIdle();
    }

    /// <summary>What was needed while something was made is garbage now: configuration, containers, documents; a minute later the first conversations with all cameras. A box that then records for years hands it back.</summary>
    private static void GiveBackMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
    }

    private string Doors()
    {
        var box = options.Api.Box;
        var (jt808, gb28181) = (options.Jt808, options.Gb28181);
        var doors = new[]
        {
            box.Port == 0 ? "" : $"http://{box.Bind}:{box.Port}", box.TlsPort == 0 ? "" : $"https://{box.TlsBind}:{box.TlsPort}",
            options.Api.Axxon is { Enabled: true, Port: not 0 } axxon ? $"AxxonSoft exports {axxon.Bind}:{axxon.Port}" : "",
            options.Api.Inspector is { Enabled: true, Port: not 0 } inspector ? $"Inspector {inspector.Bind}:{inspector.Port}" : "",
            options.Api.Inspector is { Enabled: true, RecordingPort: not 0 } service ? $"Inspector's recording service {service.Bind}:{service.RecordingPort}" : "",
            options.Api.Ome is { Enabled: true, Port: not 0, Token: not null } ome ? $"OvenMediaEngine recording {ome.Bind}:{ome.Port}" : "",
            options.Api.Cdvr is { Enabled: true, Port: not 0 } cdvr ? $"CDVR {cdvr.Bind}:{cdvr.Port}" : "",
            jt808.Enabled && jt808.Port != 0 ? $"vehicle terminals {jt808.Bind}:{jt808.Port}" : "",
            gb28181 is { Enabled: true, Port: not 0 } && passwords.Any ? $"surveillance devices {gb28181.Bind}:{gb28181.Port}" : "",
        };
        return string.Join(", ", doors.Where(d => d.Length > 0));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Starting; {Boots} boot(s) in the ledger, data in {Root}")]
    private partial void LogBoot(int boots, string root);

    [LoggerMessage(Level = LogLevel.Warning, Message = "First start: user admin, password {Password} (also in {Path} until it is changed)")]
    private partial void LogFirstPassword(string password, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "api.{Family} on port {Port} is open to everybody: access is anonymous")]
    private partial void LogAnonymous(string family, int port);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready: {Channels} channel(s), {Doors}")]
    private partial void LogReady(int channels, string doors);

    [LoggerMessage(Level = LogLevel.Warning, Message = "api.ome.token is the one of the published examples: whoever reaches port {Port} knows it")]
    private partial void LogSampleToken(int port);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping")]
    private partial void LogStopping();
}
