using System.Globalization;
using System.Threading.Channels;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Cascade;

/// <summary>One subscription of a platform (RFC 6665; GB/T 28181-2022, 9.11): what it asked for goes out as NOTIFY until it ends it, lets it run out or does not answer any more.</summary>
internal sealed class PlatformSubscription(UpperPlatform platform, PlatformReports reports, SipDialog dialog, ManscdpDocument query, string package, int perPart) : IDisposable
{
    private const int MostAlarms = 64;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly Channel<BoxAlarm> _alarms = Channel.CreateBounded<BoxAlarm>(new BoundedChannelOptions(MostAlarms) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly CancellationTokenSource _over = new();
    private readonly CatalogChanges _catalog = reports.Catalog();
    private readonly Dictionary<int, long> _places = [];
    private readonly TimeProvider _time = platform.Box.Time;
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _renewed;
    private TimeSpan _granted;
    private bool _isDisposed;

    /// <summary>Another one that asks for the same takes this one's place.</summary>
    public (string CmdType, string DeviceId) Subject => (query.CmdType.ToUpperInvariant(), query.DeviceId);

    /// <summary>It stands for so long from now on, which the next <see cref="Wake"/> makes known; 0 ends it.</summary>
    public void Grant(int seconds)
    {
        lock (_gate)
            (_renewed, _granted) = (_time.GetTimestamp(), TimeSpan.FromSeconds(seconds));
    }

    /// <summary>An alarm began; must not block.</summary>
    public void Tell(BoxAlarm alarm)
    {
        if (query is AlarmQuery && _alarms.Writer.TryWrite(alarm))
            Wake();
    }

    public void Stop()
    {
        lock (_gate)
            if (!_isDisposed)
                _ = _over.CancelAsync();
    }

    public async Task RunAsync()
    {
        try
        {
            var first = First();
            if (!(first.Count > 0 ? await NotifyAllAsync(first).ConfigureAwait(false) : await NotifyAsync(null).ConfigureAwait(false)))
                return;
            while (await IsDueAsync().ConfigureAwait(false))
                if (!await NotifyAllAsync(Next()).ConfigureAwait(false))
                    return;
            await NotifyAsync(null).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The platform is gone, or asked anew.
        }
        finally
        {
            dialog.Drop();
            platform.Subscriptions.Remove(this);
            Dispose();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }
        _over.Dispose();
    }

    /// <summary>Without a document it says that the subscription stands, or that it is over.</summary>
    private async Task<bool> NotifyAsync(ManscdpDocument? document)
    {
        var left = Left;
        var state = left > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"active;expires={(int)Math.Ceiling(left.TotalSeconds)}") : "terminated;reason=timeout";
        var answer = await dialog.SendAsync("NOTIFY", [("Event", package), ("Subscription-State", state)], document is null ? null : ManscdpDocument.ContentType,
            document is null ? default : (document with { Sn = platform.NextNumber() }).ToBytes()).WaitAsync(_over.Token).ConfigureAwait(false);
        return answer.IsSuccess;
    }

    /// <summary>False: it does not hear, or knows nothing of it any more.</summary>
    private async Task<bool> NotifyAllAsync(List<ManscdpDocument> documents)
    {
        foreach (var document in documents)
            if (!await NotifyAsync(document).ConfigureAwait(false))
                return false;
        return true;
    }

    private List<ManscdpDocument> First() => query switch
    {
        CatalogQuery => [.. reports.Of(_catalog.Begin(), perPart)],
        MobilePositionQuery position => [.. reports.Positions(position, _places)],
        _ => [],
    };

    private List<ManscdpDocument> Next()
    {
        if (query is AlarmQuery alarms)
        {
            List<ManscdpDocument> documents = [];
            while (_alarms.Reader.TryRead(out var alarm))
                if (reports.Of(alarm, alarms) is { } document)
                    documents.Add(document);
            return documents;
        }
        return query is MobilePositionQuery position ? [.. reports.Positions(position, _places)] : [.. reports.Of(_catalog.Next(), perPart)];
    }

    private TimeSpan Left
    {
        get
        {
            lock (_gate)
                return _granted - _time.GetElapsedTime(_renewed);
        }
    }

    /// <summary>Waits until it is time to look, or there is something to tell. False: it has run out.</summary>
    private async Task<bool> IsDueAsync()
    {
        var left = Left;
        if (left <= TimeSpan.Zero)
            return false;
        var step = query switch { AlarmQuery => left, MobilePositionQuery position => TimeSpan.FromSeconds(position.IntervalSeconds), _ => Look };
        Task changed;
        lock (_gate)
            changed = _changed.Task;
        if (_alarms.Reader.Count == 0)
            try
            {
                await changed.WaitAsync(step < left ? step : left, _time, _over.Token).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Time to look.
            }
        lock (_gate)
            if (_changed.Task.IsCompleted)
                _changed = NewSignal();
        return Left > TimeSpan.Zero;
    }

    /// <summary>There may be something to tell.</summary>
    public void Wake()
    {
        lock (_gate)
            _changed.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
