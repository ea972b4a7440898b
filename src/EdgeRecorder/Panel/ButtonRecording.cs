using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Panel;

/// <summary>The recording that the button starts and stops, and what the lights ask of recordings.</summary>
/// <param name="keys">Of the channels that it records; empty: all there are when it is pressed.</param>
internal sealed class ButtonRecording(RecordingDesk desk, ChannelCatalog catalog, IReadOnlyList<string> keys)
{
    public const string Owner = "button";

    /// <summary>Nothing of ours takes longer to close; who presses again meanwhile starts a new one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public bool IsRunning => Running.Any();

    public IReadOnlyList<ChannelDefinition> Channels => keys.Count == 0 ? [.. catalog.All] : [.. catalog.All.Where(channel => keys.Contains(channel.Key))];

    /// <summary>Somebody wants the channel recorded, whoever it is.</summary>
    public bool Wants(ChannelDefinition channel) => desk.Wants(channel);

    public bool CutsClip => desk.HasAny("clip");

    /// <summary>False when there is nothing to record.</summary>
    public bool Start()
    {
        if (Channels is not { Count: > 0 } channels)
            return false;
        desk.Start(new RecordingWish { Owner = Owner, Channels = [.. channels.Select(channel => channel.Number)], By = "panel" }, out _);
        return true;
    }

    public async Task StopAsync()
    {
        foreach (var recording in Running.ToList())
            await desk.StopAsync(recording.Id, Patience);
    }

    private IEnumerable<RecordingRow> Running => desk.Of(Owner).Where(row => row.State != RecordingState.Stopping);
}
