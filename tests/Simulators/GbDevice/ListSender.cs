using EdgeRecorder.Simulators.GbDevice.Messages;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>A list in parts, each a MESSAGE of its own: the next goes out when the one before is answered (GB/T 28181-2022, annex M). Broken as the faults will have it.</summary>
internal sealed class ListSender(Device device, PlatformDocument query, string element)
{
    /// <param name="head">What stands in every part before SumNum.</param>
    public void Send(IReadOnlyList<Action<DocumentText>> items, int perPart, Action<DocumentText>? head = null)
    {
        var faults = device.Faults;
        var parts = new List<byte[]>();
        for (var at = 0; at < items.Count || parts.Count == 0; at += perPart)
            parts.Add(Part(items.Skip(at).Take(perPart).ToList(), items.Count + faults.SumError, faults.WrongNum, head));
        if (faults.LosePart > 0 && faults.LosePart <= parts.Count)
            parts.RemoveAt(faults.LosePart - 1);
        if (faults.PartsTwice)
            parts = [.. parts.SelectMany(p => new[] { p, p })];
        if (faults.PartsBackwards)
            parts.Reverse();
        Next(new Queue<byte[]>(parts));
    }

    private byte[] Part(List<Action<DocumentText>> items, int sum, bool wrongNum, Action<DocumentText>? head)
    {
        var document = new DocumentText("Response", query.CmdType, query.Sn, query.DeviceId);
        head?.Invoke(document);
        document.Field("SumNum", sum);
        if (items.Count > 0)
        {
            document.Open(element, wrongNum ? items.Count + 7 : items.Count);
            items.ForEach(write => write(document));
            document.Close(element);
        }
        return document.ToBytes(device.Charset);
    }

    private void Next(Queue<byte[]> parts)
    {
        if (parts.TryDequeue(out var part))
            device.Tell(part, _ => Next(parts));
    }
}
