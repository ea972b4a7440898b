using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using EdgeRecorder.Configuration;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// What a device that came is asked: who made it, whether it works, what cameras it has; and what it shall report by itself. Cameras of its catalog become channels up to a limit, the rest is
/// kept to be looked at: a platform below may name ten thousand.
/// </summary>
internal sealed partial class Introductions(DeviceCatalog catalog, Gb28181Options options, DeviceJournal journal, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>Entries of catalogs that are kept in memory, of one device and of all.</summary>
    public const int MostOfDevice = 10_000, MostOfAll = 100_000;

    private const int AtOnce = 64;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<SurveillanceDevice, Stay> _stays = [];
    private readonly SemaphoreSlim _turns = new(AtOnce);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Task, bool> _running = [];
    private int _kept;

    /// <summary>Subscriptions that devices confirmed.</summary>
    public int Subscriptions => _stays.Values.Sum(stay => stay.Subscriptions.Count(subscription => subscription.IsOn));

    /// <summary>It is there.</summary>
    public void Came(SurveillanceDevice device)
    {
        var stay = new Stay(CancellationTokenSource.CreateLinkedTokenSource(_stop.Token), time.Milliseconds());
        Gone(device);
        _stays[device] = stay;
        Run(() => IntroduceAsync(device, stay));
    }

    public void Gone(SurveillanceDevice device)
    {
        if (_stays.TryRemove(device, out var stay))
            stay.Gone.Cancel();
    }

    /// <summary>It registered under another Call-ID while it was there: it may have been started anew. Some do so every time.</summary>
    public void Restarted(SurveillanceDevice device)
    {
        if (_stays.TryGetValue(device, out var stay) && time.Milliseconds() - stay.BeganMs >= Again.TotalMilliseconds)
            Came(device);
    }

    /// <summary>Asks for the catalog, and makes channels of it.</summary>
    /// <exception cref="DeviceException">It is not there, refuses or does not answer.</exception>
    public async Task<DeviceOffer> AskCatalogAsync(SurveillanceDevice device, CancellationToken stop)
    {
        var list = await device.CollectAsync<CatalogItem>(new CatalogQuery(), document => document is CatalogResponse response ? response.Part : null, item => item.DeviceId, stop);
        var offer = Keep(device, new([.. list.Items.Take(MostOfDevice).Select(Offered)], list.Sum ?? 0, list.IsComplete && !list.IsCut, time.GetUtcNow()));
        if (!offer.IsComplete)
            LogIncomplete(device.Id, list.Items.Count, list.Sum ?? 0);
        var hasTwo = list.Items.Any(item => item.StreamNumbers.Split('/').Length > 1);
        var cameras = list.Items.Where(item => item.IsCamera).ToList();
        if (cameras.Count == 0)
            DeclareItself(device);
        else
            Declare(device, cameras, hasTwo);
        if (list.Items.Any(item => item.MobileDeviceType is > 0) && _stays.TryGetValue(device, out var stay))
            Subscribe(device, stay, new MobilePositionQuery(5), "presence");
        return offer;
    }

    /// <summary>A change of its catalog. What it says about being online is shown and decides nothing: platforms say it wrongly.</summary>
    public void Take(SurveillanceDevice device, CatalogNotify notify)
    {
        lock (_gate)
        {
            var before = device.Offer ?? new([], 0, false, time.GetUtcNow());
            var channels = before.Channels.ToDictionary(channel => channel.Channel);
            foreach (var item in notify.Part.Items)
                if (item.Event == "DEL")
                    channels.Remove(item.DeviceId);
                else if (item.Event is "ON" or "OFF" or "VLOST" or "DEFECT")
                {
                    if (channels.TryGetValue(item.DeviceId, out var known))
                        channels[item.DeviceId] = known with { IsOnline = item.Event == "ON" };
                }
                else if (channels.ContainsKey(item.DeviceId) || channels.Count < MostOfDevice)
                    channels[item.DeviceId] = Offered(item);
            Keep(device, before with { Channels = [.. channels.Values] });
        }
        Declare(device, notify.Part.Items.Where(item => item.Event is "ADD" or "UPDATE" && item.IsCamera), hasTwo: false);
    }

    public void Forget(SurveillanceDevice device)
    {
        Gone(device);
        lock (_gate)
            Keep(device, null);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Keys);
    }

    private async Task IntroduceAsync(SurveillanceDevice device, Stay stay)
    {
        var stop = stay.Gone.Token;
        await _turns.WaitAsync(stop);
        try
        {
            await TryAsync(device, "DeviceInfo", async () => Describe(device, (DeviceInfoResponse)await device.AskAsync(new PlainQuery("DeviceInfo"), stop)));
            await TryAsync(device, "DeviceStatus", async () => Check(device, (DeviceStatusResponse)await device.AskAsync(new PlainQuery("DeviceStatus"), stop)));
            if (!await TryAsync(device, "Catalog", () => AskCatalogAsync(device, stop)))
                DeclareItself(device);
        }
        finally
        {
            _turns.Release();
        }
        if (options.SubscribeCatalog)
            Subscribe(device, stay, new CatalogQuery(), $"Catalog;id={Random.Shared.Next(1, 1_000_000)}");
        if (options.SubscribeAlarm)
            Subscribe(device, stay, new AlarmQuery(), "presence");
        if (options.SubscribePosition)
            Subscribe(device, stay, new MobilePositionQuery(5), "presence");
        if (options.CatalogHours > 0)
            await AskAgainAsync(device, stop);
    }

    /// <summary>Many devices tell no change of their catalog, whatever they subscribed to.</summary>
    private async Task AskAgainAsync(SurveillanceDevice device, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromHours(options.CatalogHours), time, stop);
            await _turns.WaitAsync(stop);
            try
            {
                await TryAsync(device, "Catalog", () => AskCatalogAsync(device, stop));
            }
            finally
            {
                _turns.Release();
            }
        }
    }

    /// <summary>False when it did not answer, which many devices do.</summary>
    private async Task<bool> TryAsync(SurveillanceDevice device, string what, Func<Task> ask)
    {
        try
        {
            await ask();
            return true;
        }
        catch (Exception e) when (e is DeviceException or InvalidCastException)
        {
            LogUnanswered(device.Id, what, e.Message);
            return false;
        }
    }

    private void Subscribe(SurveillanceDevice device, Stay stay, ManscdpDocument query, string package)
    {
        if (stay.Subscribed.TryAdd(query.CmdType, true))
        {
            var subscription = new Subscription(device, query, package, time, log);
            stay.Subscriptions.Add(subscription);
            Run(() => subscription.RunAsync(stay.Gone.Token));
        }
    }

    private void Describe(SurveillanceDevice device, DeviceInfoResponse info) => journal.Do(() => catalog.Change(device.Number, row => row with
    {
        Name = row.Name.Length > 0 ? row.Name : info.DeviceName,                // what people called it stays
        Manufacturer = info.Manufacturer.Length > 0 ? info.Manufacturer : row.Manufacturer, Model = info.Model.Length > 0 ? info.Model : row.Model,
    }));

    private void Check(SurveillanceDevice device, DeviceStatusResponse status)
    {
        if (status.IsWorking == false)
            LogBroken(device.Id, status.Reason);
    }

    /// <summary>A camera that names none is its only channel; a recorder is not.</summary>
    private void DeclareItself(SurveillanceDevice device)
    {
        if (device.Id.AsSpan(10, 3) is "131" or "132")
            Declare(device, [new(device.Id)], hasTwo: false);
    }

    /// <summary>On the journal's task: channels are rows of the ledger.</summary>
    private void Declare(SurveillanceDevice device, IEnumerable<CatalogItem> cameras, bool hasTwo)
    {
        var declared = cameras.Select(camera => (camera.DeviceId, Name: camera.Name.Length > 0 ? camera.Name : null)).ToList();
        if (declared.Count == 0)
            return;
        journal.Do(() =>
        {
            if (catalog.Find(device.Number) is not { State: Approval.Approved } row)
                return;
            var known = catalog.ChannelsOf(row).Select(channel => channel.DeviceChannel!).ToHashSet();
            if (hasTwo && known.Count == 0 && !row.TwoStreams)
                row = catalog.Change(row.Number, r => r with { TwoStreams = true }) ?? row;
            var room = Math.Max(0, options.ChannelsPerDevice - known.Count);
            var fresh = declared.Where(camera => !known.Contains(camera.DeviceId)).ToList();
            var added = catalog.Channels(row, fresh.Take(room).Select(camera => (camera.DeviceId, camera.Name)));
            if (added.Count > 0)
                LogChannels(row.DisplayName, added.Count);
            if (fresh.Count > room)
                LogTooMany(row.DisplayName, declared.Count, options.ChannelsPerDevice);
        });
    }

    [return: NotNullIfNotNull(nameof(offer))]
    private DeviceOffer? Keep(SurveillanceDevice device, DeviceOffer? offer)
    {
        lock (_gate)
        {
            _kept -= device.Offer?.Channels.Count ?? 0;
            if (offer is not null && _kept + offer.Channels.Count > MostOfAll)
                offer = offer with { Channels = [.. offer.Channels.Take(Math.Max(0, MostOfAll - _kept))], IsComplete = false };
            _kept += offer?.Channels.Count ?? 0;
            device.Offer = offer;
        }
        return offer;
    }

    private void Run(Func<Task> work)
    {
        var task = Task.Run(async () =>
        {
            try
            {
                await work();
            }
            catch (OperationCanceledException)
            {
                // The device has gone, or the daemon stops.
            }
        });
        _running.TryAdd(task, true);
        task.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static OfferedChannel Offered(CatalogItem item)
        => new(item.DeviceId, item.Name, item.Manufacturer, item.Model, item.ParentId, item.IsOnline, item.IsCamera);

    /// <summary>From coming to going.</summary>
    private sealed record Stay(CancellationTokenSource Gone, long BeganMs)
    {
        public ConcurrentDictionary<string, bool> Subscribed { get; } = [];
        public ConcurrentBag<Subscription> Subscriptions { get; } = [];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Device {Id}, {What}: {Why}")]
    private partial void LogUnanswered(string id, string what, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Id} says that it does not work rightly: {Reason}")]
    private partial void LogBroken(string id, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Device {Id} sent {Count} of {Said} entries of its catalog; what came counts")]
    private partial void LogIncomplete(string id, int count, int said);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device}: {Count} cameras became channels")]
    private partial void LogChannels(string device, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} names {Count} cameras, of which {Most} become channels by themselves; the others are in its catalog")]
    private partial void LogTooMany(string device, int count, int most);
}
