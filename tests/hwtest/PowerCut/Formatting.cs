namespace EdgeRecorder.PowerCut;

/// <summary>Power cuts while the data partition is made: the box's `make-data`, at its next start, makes it.</summary>
internal sealed class Formatting(BlockLog log, byte[] empty, string folder, string options, long fileSystem, string makeData)
{
    /// <summary>Up to so many cuts before <paramref name="end"/>, evenly, each with and without loss. Returns what is wrong and how many were tried.</summary>
    public (List<(Cut Cut, string Fault)> Faults, int Tried) Run(int end, int most)
    {
        var places = Enumerable.Range(0, end + 1).Where(i => i == end || log.Entries[i].Offset >= fileSystem || log.Entries[i].IsFlush).ToList();
        var cuts = Enumerable.Range(0, most).Select(n => places[n * places.Count / most]).Distinct().SelectMany(place => new[] { new Cut(place, Loss.None), new Cut(place, Loss.Pages) }).ToList();
        var (disk, image, mount) = (new CutDisk(log, empty), Path.Combine(folder, "making.img"), Path.Combine(folder, "making"));
        var faults = new List<(Cut, string)>();
        foreach (var cut in cuts)
        {
            disk.Write(image, cut);
            if (Try(image, mount) is { } wrong)
                faults.Add((cut, wrong));
        }
        return (faults, cuts.Count);
    }

    private string? Try(string image, string mount)
    {
        var device = Tool.Must("losetup", "--find", "--show", "--offset", $"{fileSystem}", image);
        try
        {
            if (Tool.RunOn(WithoutUdev(), "sh", silent: false, [makeData, device], out _) is { } wrong)
                return wrong;
        }
        finally
        {
            Tool.Must("losetup", "--detach", device);
        }
        try
        {
            using (new Mounted(image, fileSystem, options, mount))
                return null;
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    /// <summary>A search path on which `udevadm` does nothing: no udev runs here, and nobody waits for the partition's label.</summary>
    private string WithoutUdev()
    {
        var tools = Path.Combine(folder, "tools");
        Directory.CreateDirectory(tools);
        var udevadm = Path.Combine(tools, "udevadm");
        if (!File.Exists(udevadm))
        {
            File.WriteAllText(udevadm, "#!/bin/sh\n");
            File.SetUnixFileMode(udevadm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        return $"{tools}:{Environment.GetEnvironmentVariable("PATH")}";
    }
}
