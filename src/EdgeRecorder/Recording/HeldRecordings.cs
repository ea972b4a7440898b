using System.Security.Cryptography;
using EdgeRecorder.Ledger;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>The recordings that are not stopped: what their sum asks of channels, and what channels say of them. Every member under the lock of <see cref="RecordingDesk"/>.</summary>
internal sealed class HeldRecordings(ChannelCatalog catalog, IRecorder recorder, Func<DateTimeOffset> now)
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly Dictionary<string, HeldRecording> _held = [];
    private readonly ChannelNames _names = new(catalog);

    public IReadOnlyCollection<HeldRecording> All => _held.Values;

    /// <summary>Rows of those that stand in the ledger.</summary>
    public IEnumerable<RecordingRow> Counting => _held.Values.Where(held => held.Counts).Select(held => held.Row);

    public HeldRecording? Find(string id) => _held.GetValueOrDefault(id);

    public void Add(HeldRecording held) => _held.Add(held.Row.Id, held);

    public void Remove(HeldRecording held) => _held.Remove(held.Row.Id);

    /// <summary>The one that is there, or a new one that does not count yet.</summary>
    public HeldRecording Hold(RecordingWish wish, out bool created)
    {
        var there = wish.ExternalId.Length == 0 ? null : _held.Values.FirstOrDefault(h => h.Row.Owner == wish.Owner && h.Row.ExternalId == wish.ExternalId);
        created = there is null;
        var held = there ?? new HeldRecording(Row(wish));
        if (created)
            Add(held);
        return held;
    }

    /// <summary>One of them names the stream.</summary>
    public bool IsHeld(int channel, byte stream) => _held.Values.Any(held => held.Holds(channel, stream));

    /// <summary>Those that awaited a channel that is there now.</summary>
    public List<HeldRecording> Bind() => [.. _held.Values.Where(held => held.Counts && Bind(held))];

    /// <summary>True when a channel was awaited and is there.</summary>
    public bool Bind(HeldRecording held)
    {
        if (held.Row.Awaits.Length == 0 || _names.Find(held.Row.Awaits) is not { } channel)
            return false;
        held.Row = held.Row with { Channels = [channel.Number], Awaits = "" };
        held.IsDirty = true;
        return true;
    }

    /// <summary>Switches its channels as the sum wants them.</summary>
    public void Apply(HeldRecording held)
    {
        foreach (var number in held.Row.Channels)
            if (catalog.Find(number) is { } channel)
            {
                Apply(channel);
                Settle(number);
            }
    }

    public void Apply(ChannelDefinition channel)
    {
        var (main, wanted) = (false, channel.Record);
        foreach (var held in _held.Values)
            if (held.Holds(channel.Number, 0))
            {
                main = true;
                wanted |= held.Row.Kind != RecordingWish.PreRoll;
            }
        recorder.Apply(channel, main || wanted, IsHeld(channel.Number, 1), preRoll: main && !wanted);
    }

    /// <summary>Brings the states of those that name the channel together with what it says.</summary>
    public void Settle(int channel)
    {
        foreach (var held in _held.Values)
            if (held.Row.Channels.Contains(channel))
                Settle(held);
    }

    /// <summary>Brings the state together with what channels and files say.</summary>
    public void Settle(HeldRecording held)
    {
        if (!held.Counts || held.Row.State is RecordingState.Stopping or RecordingState.Stopped)
            return;
        var channels = held.Row.Channels.Select(number => recorder.Status(new StreamKey(number, held.Row.Stream))).OfType<ChannelStatus>().ToList();
        var refusal = channels.Find(status => status.State == ChannelState.Refused)?.Detail;
        var (state, error) = held.FileError.Length > 0 ? (RecordingState.Error, held.FileError)
            : channels.Exists(status => status.State == ChannelState.Recording) ? (RecordingState.Recording, "")
            : refusal is not null ? (RecordingState.Error, refusal) : (RecordingState.Ready, "");
        if (state == held.Row.State && error == held.Row.Error)
            return;
        held.Row = held.Row with { State = state, Error = error, Start = held.Row.Start ?? (state == RecordingState.Recording ? now() : null) };
        held.IsDirty = true;
    }

    private RecordingRow Row(RecordingWish wish) => new()
    {
        Id = wish.Owner == "box" ? OpaqueId.New() : Guid.NewGuid().ToString("D"), Owner = wish.Owner, ExternalId = wish.ExternalId, Kind = wish.Kind, Channels = wish.Channels, Awaits = wish.Awaits,
        Stream = wish.Stream, Until = wish.Until, Plan = wish.Plan, By = wish.By, Created = now(), Transaction = RandomNumberGenerator.GetString(Digits, 16),
    };
}
