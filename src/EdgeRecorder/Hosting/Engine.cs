using EdgeRecorder.Cameras;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Inspector;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Rtsp;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Hosting;

/// <summary>
/// What the daemon is made of between its doors: ring, recorder, sources. The container disposes in the reverse order of making, which is the order
/// of a stop: sources end, gaps are written, the ring syncs for the last time.
/// </summary>
internal static class Engine
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<BoxClock, LinuxClock>();
        services.AddSingleton<RingObserver>();
        services.AddSingleton(s => DeviceKey.Open(s.GetRequiredService<DataRoot>().Keys));
        services.AddSingleton<IRing>(OpenRing);             // once only: the container would dispose every registration of it
        foreach (var mark in (Func<Ring, WorkMark>[])[ring => ring.Writing, ring => ring.Syncing, ring => ring.Housekeeping])
            services.AddSingleton(s => mark(RingOf(s)));
        services.AddSingleton<ILocks>(s => RingOf(s).Locks);
        services.AddSingleton<IStorageStatus>(s => new RingFigures(RingOf(s), RingFolderOf(s)));
        services.AddSingleton<IFootageSource, Footage>();
        services.AddSingleton<IPlaybackSource, PlaybackSource>();
        services.AddSingleton(s => new GapJournal(s.GetRequiredService<IGapLedger>(), RingOf(s).Clock.Current.BootNumber, s.GetRequiredService<TimeProvider>(), Log<GapJournal>(s)));
        services.AddSingleton<IRecorder>(s =>
        {
            DeviceEngine.Outlive(s);
            return new Recorder(Surroundings(s), Connector(s));
        });
        services.AddSingleton<IProbe, SourceProbe>();
        DeviceEngine.AddTo(services);
        SurveillanceEngine.AddTo(services);
        CascadeEngine.AddTo(services);
    }

    /// <summary>The command `probe`: what a camera offers, for a terminal.</summary>
    public static async Task<int> ProbeAsync(string url, TextWriter output, TextWriter errors)
    {
        try
        {
            if (CameraAddress.Read(url, out _) is { } camera)
            {
                new CameraProbe(VideoDevices.Kernel).Ask(camera).WriteTo(output);
                return CommandLine.Done;
            }
            var probe = new RtspProbe(new RtspSourceOptions { Url = url }, new LinuxClock(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            (await probe.RunAsync(TimeSpan.FromSeconds(3), CancellationToken.None)).WriteTo(output);
            return CommandLine.Done;
        }
        catch (Exception e) when (e is SourceException or Bytes.ProtocolException)
        {
            errors.WriteLine($"{SourceAddress.WithoutCredentials(url)}: {e.Message}");
            return CommandLine.Fault;
        }
    }

    private static Ring OpenRing(IServiceProvider services)
    {
        var options = services.GetRequiredService<RecorderOptions>();
        var clocks = services.GetRequiredService<ClockStore>();
        var observer = services.GetRequiredService<RingObserver>();
        var folder = RingFolderOf(services);
        var ring = Ring.Open(new Storage.RingOptions
        {
            Folder = folder,
            IndexPath = Path.Combine(options.Storage.Root, "index.db"),
            SizeBytes = RingSize(options, folder, services.GetRequiredService<SettingStore>()),
            SegmentBytes = options.Storage.Ring.SegmentSize.Bytes ?? 0,
            SyncPeriod = TimeSpan.FromSeconds(options.Storage.SyncSeconds),
            Chain = options.Storage.Chain switch { ChainChoice.On => true, ChainChoice.Off => false, _ => CpuFeatures.HasSha256 },
            Channels = options.Channels.Count,
            KeepsAll = true,
            Sign = services.GetRequiredService<DeviceKey>().Sign,
        }, services.GetRequiredService<BoxClock>(), observer,
        clocks.Boots().Select(b => new BootAnchor(b.Number, b.Id, b.AnchoredBoottimeUs, b.AnchoredBoottimeUs + b.OffsetUs, b.Quality)), progress: observer.Progress);
        foreach (var anchor in ring.Clock.Anchors)
            observer.Anchored(anchor);
        observer.Opened(ring, folder);
        return ring;
    }

    /// <summary>`auto` is 80 % of what is free when the ring is first made, decided once.</summary>
    private static long RingSize(RecorderOptions options, string folder, SettingStore settings)
    {
        const string Key = "ring.size_bytes";
        Directory.CreateDirectory(folder);
        var drive = new DriveInfo(folder);
        if (options.Storage.Ring.Size.On(drive.TotalSize) is { } wanted)
            return wanted;
        if (settings.Get(Key) is { } stored)
            return long.Parse(stored, System.Globalization.CultureInfo.InvariantCulture);
        var decided = drive.AvailableFreeSpace / 5 * 4;
        settings.Set(Key, decided.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return decided;
    }

    private static CaptureSurroundings Surroundings(IServiceProvider services)
    {
        var ring = RingOf(services);
        var ledger = services.GetRequiredService<IGapLedger>();
        return new CaptureSurroundings(ring, services.GetRequiredService<GapJournal>(), services.GetRequiredService<BoxClock>(),
            services.GetRequiredService<TimeProvider>(), Log<Recorder>(services), ring.MaxFragmentLength,
            ring.PreviousStop == PreviousStop.PowerCut ? GapReason.PowerCut : GapReason.Restart,
            ledger.OpenGaps().ToDictionary(gap => gap.Stream, gap => gap.Reason), utcUs => utcUs - ring.Clock.Current.OffsetUs);
    }

    private static Func<ChannelDefinition, byte, ISourceSession> Connector(IServiceProvider services)
    {
        var clock = services.GetRequiredService<BoxClock>();
        var time = services.GetRequiredService<TimeProvider>();
        var log = Log<RtspSession>(services);
        var cameras = Log<CameraSession>(services);
        var encoding = services.GetRequiredService<InspectorEncoding>();
        // The protocols of devices look for the recorder in their turn: asked for when a session begins, not when the recorder is made.
        return (channel, stream) => channel.Device is not null ? OfDevice(services, channel, stream) : Session(stream == 0 ? channel.Url : channel.SubUrl ?? channel.Url, channel);

        ISourceSession Session(string url, ChannelDefinition channel) => CameraAddress.Read(url, out _) is { } camera ? new CameraSession(camera, VideoDevices.Kernel, () => encoding.Current, clock, time, cameras) : new RtspSession(new RtspSourceOptions
        {
            Url = url,
            Transport = channel.Transport switch { TransportChoice.Tcp => RtspTransport.Tcp, TransportChoice.Udp => RtspTransport.Udp, _ => RtspTransport.Auto },
            Audio = channel.Audio,
        }, clock, time, log);
    }

    private static ISourceSession OfDevice(IServiceProvider services, ChannelDefinition channel, byte stream)
        => services.GetRequiredService<DeviceProtocols>().Find(channel.Protocol)?.Connect(channel, stream) ?? throw new SourceException(GapReason.Offline, $"this box speaks no {channel.Protocol}");

    private static Ring RingOf(IServiceProvider services) => (Ring)services.GetRequiredService<IRing>();

    private static string RingFolderOf(IServiceProvider services) => Path.Combine(services.GetRequiredService<RecorderOptions>().Storage.Root, "ring");

    private static ILogger<T> Log<T>(IServiceProvider services) => services.GetRequiredService<ILogger<T>>();

    private sealed class SourceProbe(BoxClock clock, TimeProvider time, ILogger<RtspProbe> log) : IProbe
    {
        public async Task<SourceOffer> ProbeAsync(string url, CancellationToken stop)
        {
            if (CameraAddress.Read(url, out _) is { } camera)
            {
                var found = new CameraProbe(VideoDevices.Kernel).Ask(camera);
                return new([found.Track], found.Unused, CameraAddress.Scheme, found.BitsPerSecond);
            }
            var report = await new RtspProbe(new RtspSourceOptions { Url = url }, clock, time, log).RunAsync(TimeSpan.FromSeconds(1), stop);
            return new(report.Tracks, report.Skipped, report.Transport.ToString().ToLowerInvariant(), report.BitsPerSecond);
        }
    }
}
