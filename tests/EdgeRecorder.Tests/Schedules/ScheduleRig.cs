using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Schedules;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Schedules;

/// <summary>Schedules over a real ledger, desk and locks, on time that a test moves. It begins on Tuesday, 14 November 2023, at 22:13:20 UTC, which is the box's zone.</summary>
internal sealed class ScheduleRig : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private LedgerDatabase _ledger = null!;

    public ManualTime Time { get; } = new();
    public FakeEngine Engine { get; } = new();
    public ChannelCatalog Catalog { get; private set; } = null!;
    public RecordingDesk Recordings { get; private set; } = null!;
    public ScheduleDesk Desk { get; private set; } = null!;
    public EventStore Events { get; private set; } = null!;
    public LockStore Locks { get; private set; } = null!;

    public static async Task<ScheduleRig> StartAsync()
    {
        var rig = new ScheduleRig();
        PrivateFile.MakeDirectory(rig._directory.File("keys"));
        await rig.OpenAsync();
        return rig;
    }

    /// <summary>Ends and starts again; time goes on in between.</summary>
    public async Task RestartAsync(TimeSpan off)
    {
        await CloseAsync();
        Time.Advance(off);
        await OpenAsync();
    }

    public static ScheduleRow Row(int from, int to, ScheduleMode mode = ScheduleMode.Continuous, params int[] channels) => new()
    {
        Id = OpaqueId.New(), Name = "a schedule", Windows = [new(127, from, to)], Mode = mode, Channels = channels, Before = TimeSpan.FromSeconds(20), After = TimeSpan.FromSeconds(40), By = "admin",
        Created = DateTimeOffset.UnixEpoch,
    };

    /// <summary>Time goes on, stopping where something is due.</summary>
    public async Task RunAsync(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero;)
        {
            var step = Time.Waiting is [var next, ..] && next < left ? next : left;
            Time.Advance(step);
            left -= step;
            await SettledAsync();
        }
    }

    /// <summary>Behind everything that was posted before.</summary>
    public Task SettledAsync() => Desk.RemoveAsync("none");

    public long NowUs => (long)Time.GetElapsedTime(0).TotalMicroseconds;

    public BootInstant At => new(1, NowUs);

    public IEnumerable<RecordingRow> Running => Recordings.Of(ScheduleDesk.Owner);

    /// <summary>Locked ranges: channel, from and to in seconds from now, reason.</summary>
    public IEnumerable<(int Channel, double From, double To, string Reason)> AllLocks
        => Locks.Active().OrderBy(l => l.Stream.ChannelNumber).ThenBy(l => l.From).Select(l => (l.Stream.ChannelNumber, Since(l.From), Since(l.To), l.Reason));

    public ChannelDefinition Add(string key)
    {
        var channel = Catalog.Add(new ChannelRow { Key = key, Name = key, Url = $"rtsp://{key}", Protocol = "rtsp", Record = false }).Channel!;
        Recordings.Changed(channel);
        return channel;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }

    private double Since(DateTimeOffset at) => Math.Round(((at - DateTimeOffset.UnixEpoch).TotalMicroseconds - Engine.ToUtcUs(NowUs)) / 1e6);

    private async Task OpenAsync()
    {
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), Engine.ToUtcUs(0), ClockQuality.Ntp, 0));
        Catalog = new ChannelCatalog(new ChannelStore(_ledger, BoxSecret.Open(_directory.File("keys")), TimeProvider.System));
        Catalog.Load([Camera("gate"), Camera("yard")]);
        (Events, Locks) = (new EventStore(_ledger), new LockStore(_ledger));
        Recordings = new RecordingDesk(Catalog, new RecordingStore(_ledger), Engine, Time, NullLogger<RecordingDesk>.Instance);
        Recordings.Start();
        Desk = new ScheduleDesk(new ScheduleStore(_ledger), Recordings, Catalog, Events, new EventLocks(new LockDesk(Locks, Engine, Time), Catalog, Engine, Engine, NullLogger.Instance), Engine, new Clock(Time),
            TimeZoneInfo.Utc, Time, NullLogger<ScheduleDesk>.Instance);
        await Desk.StartAsync();
    }

    private async Task CloseAsync()
    {
        await Desk.DisposeAsync();
        await Recordings.DisposeAsync();
        _ledger.Dispose();
    }

    private static ChannelOptions Camera(string key) => new() { Key = key, Name = key, Url = $"rtsp://{key}", Record = false };

    private sealed class Clock(ManualTime time) : BoxClock
    {
        public override long BoottimeUs => (long)time.GetElapsedTime(0).TotalMicroseconds;
        public override long UtcUs => BoottimeUs;
        public override ClockQuality Quality => ClockQuality.Ntp;
        public override Guid BootId { get; } = Guid.NewGuid();
    }
}
