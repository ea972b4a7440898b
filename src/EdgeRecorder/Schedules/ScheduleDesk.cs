using System.Threading.Channels;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Schedules;

/// <summary>
/// Records channels by the week, as an owner of recordings like any other: one per schedule and channel while a window is open. Once a minute, and whenever a schedule or a channel changes, what should be
/// recorded is compared with what is; nothing is remembered but that.
/// </summary>
/// <remarks>Everything runs on one task, one after the other: changes, looks, events.</remarks>
internal sealed partial class ScheduleDesk : IAsyncDisposable
{
    public const string Owner = "schedule";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Channel<Func<Task>> _work = Channel.CreateUnbounded<Func<Task>>(new() { SingleReader = true });
    private readonly ScheduleStore _store;
    private readonly RecordingDesk _recordings;
    private readonly ChannelCatalog _catalog;
    private readonly EventStore _events;
    private readonly EventLocks _locks;
    private readonly IRing _ring;
    private readonly BoxClock _clock;
    private readonly TimeZoneInfo _zone;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private readonly Task _running;

    public ScheduleDesk(ScheduleStore store, RecordingDesk recordings, ChannelCatalog catalog, EventStore events, EventLocks locks, IRing ring, BoxClock clock, TimeZoneInfo zone, TimeProvider time, ILogger<ScheduleDesk> log)
    {
        (_store, _recordings, _catalog, _events, _locks, _ring, _clock, _zone, _log) = (store, recordings, catalog, events, locks, ring, clock, zone, log);
        _timer = time.CreateTimer(_ => Post(LookAsync), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Behind the start of recordings: those that the last run left are among what is compared. Comes back when all record that should.</summary>
    public async Task StartAsync()
    {
        _recordings.ChannelsChanged += PostSettle;
        _events.Begun += Begun;
        _events.Ended += Ended;
        await AskAsync(LookAsync);
    }

    public IReadOnlyList<ScheduleRow> All() => _store.All();

    public ScheduleRow? Find(string id) => _store.All().FirstOrDefault(row => row.Id == id);

    /// <summary>A window of it is open now, or nobody knows whether one is.</summary>
    public bool IsActive(ScheduleRow row) => row.Enabled && (!IsClockKnown || row.Windows.Any(window => window.Covers(Now, _zone)));

    /// <summary>Makes or replaces it; comes back when what it asks for records.</summary>
    public Task PutAsync(ScheduleRow row) => AskAsync(() =>
    {
        _store.Put(row);
        return SettleAsync();
    });

    /// <summary>False when there is none.</summary>
    public async Task<bool> RemoveAsync(string id)
    {
        var removed = false;
        await AskAsync(() => (removed = Find(id) is not null && _store.Remove(id)) ? SettleAsync() : Task.CompletedTask);
        return removed;
    }

    public async ValueTask DisposeAsync()
    {
        _recordings.ChannelsChanged -= PostSettle;
        _events.Begun -= Begun;
        _events.Ended -= Ended;
        await _timer.DisposeAsync();
        _work.Writer.TryComplete();
        await _running;
    }

    private DateTimeOffset Now => UtcTime.At(_ring.ToUtcUs(_clock.BoottimeUs));

    /// <summary>A box that boots in 1970 records what any schedule asks for until somebody tells it the time: footage too much can be overwritten.</summary>
    private bool IsClockKnown => _ring.ClockQuality > ClockQuality.Unset;

    private void Begun(BegunEvent e) => Post(() => Do(() => _locks.Begin(e)));

    private void Ended(long id, BootInstant at) => Post(() => Do(() => _locks.End(id, at)));

    private void PostSettle() => Post(SettleAsync);

    private async Task LookAsync()
    {
        try
        {
            await SettleAsync();
            _locks.Look(_clock.BoottimeUs);
        }
        finally
        {
            // Windows begin and end with a minute; the clock may be set meanwhile, so there is no longer wait.
            _timer.Change(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(Now.Ticks % TimeSpan.TicksPerMinute), Timeout.InfiniteTimeSpan);
        }
    }

    private async Task SettleAsync()
    {
        var wanted = new Dictionary<string, RecordingWish>();
        List<EventLocks.Watch> watched = [];
        foreach (var row in _store.All().Where(IsActive))
        {
            var channels = _catalog.All.Select(channel => channel.Number).Where(number => row.Channels.Count == 0 || row.Channels.Contains(number)).ToHashSet();
            var isPreRoll = row.Mode == ScheduleMode.Event && IsClockKnown;     // a lock made by a wrong clock would not hold what is dated right later
            if (row.Mode == ScheduleMode.Event)
                watched.Add(new(row, channels));
            foreach (var number in channels)
            {
                var id = $"{row.Id}/{number}{(isPreRoll ? "/event" : "")}";
                wanted.Add(id, new RecordingWish { Owner = Owner, ExternalId = id, Kind = isPreRoll ? RecordingWish.PreRoll : "record", Channels = [number], By = row.Name });
            }
        }
        _locks.Set(watched);
        var there = _recordings.Of(Owner);
        // First what begins: a channel that passes from one schedule to the next is captured without a break.
        _recordings.Start([.. wanted.Where(wish => there.All(row => row.ExternalId != wish.Key)).Select(wish => wish.Value)]);
        await _recordings.StopAsync([.. there.Where(row => !wanted.ContainsKey(row.ExternalId)).Select(row => row.Id)], Patience);
    }

    private async Task AskAsync(Func<Task> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isTaken = Post(async () =>
        {
            try
            {
                await work();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);                       // whose request it is
            }
        });
        ObjectDisposedException.ThrowIf(!isTaken, this);
        await done.Task;
    }

    private bool Post(Func<Task> work) => _work.Writer.TryWrite(work);

    private static Task Do(Action work)
    {
        work();
        return Task.CompletedTask;
    }

    private async Task RunAsync()
    {
        await foreach (var work in _work.Reader.ReadAllAsync())
            try
            {
                await work();
            }
            catch (Exception e)                             // ends itself only: the next minute looks again
            {
                LogFailed(e);
            }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Schedules: what a schedule asks for could not be done")]
    private partial void LogFailed(Exception e);
}
