using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeRecorder.Files;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Inspector;

/// <summary>
/// What goes beside a master recording: a table of where vehicles were, a row per vehicle and second, and a document for each event that began meanwhile. The table has its name from
/// its first row on and grows, so that a power cut leaves what there was; after a restart a new one begins.
/// </summary>
internal sealed partial class InspectorLog(
    InspectorDesk desk, InspectorSettingStore settings, FamilyFolder folder, ChannelCatalog catalog, DeviceStore devices, PositionStore positions, EventStore events, string box,
    TimeProvider time, ILogger<InspectorLog> log) : IDisposable
{
    private const string Columns = "utc,device,name,latitude,longitude,altitude_m,speed_km_h,heading_deg,valid,ignition,position_utc\r\n";
    private const int MostEvents = 100, SyncEvery = 10;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, string> _names = [];
    private InspectorPlan? _plan;
    private ITimer? _timer;
    private NewFile? _table;
    private long _length, _lastEvent;
    private int _rows;
    private bool _isLost;

    /// <summary>A master recording runs; called for each of its channels.</summary>
    public void Begin(InspectorPlan plan)
    {
        lock (_gate)
        {
            if (_plan is not null)
                return;
            (_plan, _isLost, _rows) = (plan, false, 0);
            _lastEvent = events.List(1, null, null, null, null, null) is [var newest] ? newest.Id : 0;
            _timer = time.CreateTimer(_ => Tick(), null, Second, Second);
        }
    }

    /// <summary>It has ended.</summary>
    public void End()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            if (_table is { } table)
                RandomAccess.FlushToDisk(table.Handle);
            _table?.Dispose();
            (_plan, _timer, _table) = (null, null, null);
        }
    }

    public void Dispose() => End();

    private void Tick()
    {
        lock (_gate)
        {
            if (_plan is not { } plan)
                return;
            try
            {
                Positions(plan);
                foreach (var row in events.List(MostEvents, null, null, null, null, null).TakeWhile(row => row.Id > _lastEvent).Reverse())
                    Note(plan, row);
                _isLost = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)      // the recording goes on, and the next second is tried
            {
                if (!_isLost)
                    LogLost(e.Message);
                _isLost = true;
            }
        }
    }

    private void Positions(InspectorPlan plan)
    {
        var now = time.GetUtcNow();
        var text = new StringBuilder();
        foreach (var number in catalog.All.Select(channel => channel.Device).OfType<int>().Distinct())
            if (positions.Last(number) is { } at)
                text.Append(CultureInfo.InvariantCulture,
                    $"{now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'},{NameOf(number)},{at.LatitudeE7 / 1e7:0.0000000},{at.LongitudeE7 / 1e7:0.0000000},{at.AltitudeM},{at.SpeedMmS * 0.0036:0.0},{at.HeadingDeg},{Bit(at, PositionFlags.FixValid)},{Bit(at, PositionFlags.IgnitionOn)},{UtcTime.At(at.AtUtcUs):yyyy-MM-dd'T'HH:mm:ss'Z'}\r\n");
        if (text.Length == 0)
            return;
        _table ??= OpenTable(plan);
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        RandomAccess.Write(_table.Handle, bytes, _length);
        _length += bytes.Length;
        if (++_rows % SyncEvery == 0)
            RandomAccess.FlushToDisk(_table.Handle);
    }

    private NewFile OpenTable(InspectorPlan plan)
    {
        var place = Store(desk.Place(plan.LogDirectory, plan.LogName + ".csv"), Encoding.ASCII.GetBytes(Columns));
        _length = Columns.Length;
        return folder.Reopen(place) ?? throw new FileNotFoundException($"{place} is gone");
    }

    private void Note(InspectorPlan plan, EventRow row)
    {
        var channel = row.ChannelNumber is { } number ? catalog.Find(number)?.Name : null;
        var note = new InspectorEvent(row.Id, row.Kind, UtcTime.At(row.FromUtcUs).UtcDateTime, row.ToUtcUs is { } to ? UtcTime.At(to).UtcDateTime : null,
            row.DeviceNumber is { } device ? Identity(device) : null, channel, row.DetailJson is { } json ? JsonDocument.Parse(json).RootElement : null);
        var name = NameTags.Expand(settings.Current.EventTemplate, desk.Local(UtcTime.At(row.FromUtcUs)), channel ?? box);
        Store(desk.Place(plan.LogDirectory, name + ".json"), JsonSerializer.SerializeToUtf8Bytes(note, InspectorEventJson.Default.InspectorEvent));
        _lastEvent = row.Id;
    }

    /// <summary>A file that is whole from its first instant on.</summary>
    private FamilyPath Store(FamilyPath wanted, byte[] content)
    {
        var temporary = FamilyFolder.TemporaryBeside(wanted);
        using (var file = folder.Create(temporary))
        {
            RandomAccess.Write(file.Handle, content, 0);
            RandomAccess.FlushToDisk(file.Handle);
        }
        return folder.Keep(temporary, wanted);
    }

    /// <summary>Identity and name, as they stand in the table.</summary>
    private string NameOf(int device)
    {
        if (!_names.TryGetValue(device, out var known))
            foreach (var row in devices.All())
                _names[row.Number] = $"{row.Identity},\"{(row.Name.Length > 0 ? row.Name : row.Plate).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        return known ?? _names.GetValueOrDefault(device, $"{device},");
    }

    private string? Identity(int device) => NameOf(device).Split(',')[0];

    private static char Bit(in Position at, PositionFlags flag) => (at.Flags & flag) != 0 ? '1' : '0';

    [LoggerMessage(Level = LogLevel.Warning, Message = "inspector: the log beside the recording is not written: {Why}")]
    private partial void LogLost(string why);
}

/// <param name="To">Null: it lasted when this was written, at its beginning.</param>
/// <param name="Channel">Null: the whole device's.</param>
/// <param name="Detail">What the device said beside it.</param>
internal sealed record InspectorEvent(long Id, string Kind, DateTime From, DateTime? To, string? Device, string? Channel, JsonElement? Detail);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, WriteIndented = true)]
[JsonSerializable(typeof(InspectorEvent))]
internal sealed partial class InspectorEventJson : JsonSerializerContext;
