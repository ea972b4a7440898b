using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Tests.Storage.PowerCut;

/// <summary>Reads a segment as a strict player does: boxes from the first byte to the last, nothing beside them.</summary>
internal static class StrictPlayer
{
    /// <summary>What is wrong with the chain of boxes, or null; and the records it visits.</summary>
    public static string? Check(byte[] file, out List<(int Offset, RecordHeader Record)> records)
    {
        records = [];
        var header = SegmentHeader.Parse(file.AsSpan(0, SegmentHeader.LongestRead), file.Length);
        var at = header.Length;
        while (at < file.Length)
        {
            if (file.Length - at < 8)
                return $"{file.Length - at} bytes left at {at}";
            var (size, type) = BoxType.Read(file.AsSpan(at));
            if (size < 8 || size > file.Length - at)
                return $"box of {size} bytes at {at}";
            if (type == BoxType.Uuid && size == RecordHeader.Length)
            {
                var record = RecordHeader.Parse(file.AsSpan(at));
                if (record.Generation != header.Generation)
                    return $"record of generation {record.Generation} at {at} in generation {header.Generation}";
                if (!RecordHeader.CrcFits(file.AsSpan(at, record.RecordLength)))
                    return $"torn record {record.Sequence} is visible at {at}";
                var (moofSize, moof) = BoxType.Read(file.AsSpan(at + RecordHeader.Length));
                var (mdatSize, mdat) = BoxType.Read(file.AsSpan(at + RecordHeader.Length + (int)moofSize));
                if (moof != BoxType.Moof || mdat != BoxType.Mdat || RecordHeader.Length + moofSize + mdatSize != record.RecordLength)
                    return $"record at {at} is not uuid moof mdat";
                records.Add((at, record));
                at += record.RecordLength;
            }
            else if (type == BoxType.Free || type == BoxType.Uuid)
                at += (int)size;
            else
                return $"box of type 0x{type:x8} at {at}";
        }
        return null;
    }
}
