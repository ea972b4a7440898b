using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>The program's own files as they are mapped into memory: native libraries, compiled assemblies.</summary>
public static class ProgramImage
{
    /// <summary>
    /// Unmaps the pages of code that have been touched, start-up's most of all. They stay in the page cache: what is needed again comes back by a minor fault, the
    /// rest the kernel may take under pressure without walking our page tables. Let go are private executable mappings of files and shared ones that can only be read (the
    /// assemblies' metadata): nobody writes to them (the runtime's own code lies elsewhere), and what has been loaded is never unloaded, so the list cannot grow stale.
    /// </summary>
    /// <returns>Bytes of the mappings that were let go, touched or not.</returns>
    /// <exception cref="ErrnoException">The kernel refused one.</exception>
    public static long LetGo()
    {
        long bytes = 0;
        foreach (var line in File.ReadLines("/proc/self/maps"))
            if (IsOurs(line, out var start, out var length))
            {
                if (LibC.madvise(start, length, LibC.MADV_DONTNEED) == 0)
                    bytes += (long)length;
                else if (Marshal.GetLastPInvokeError() != LibC.EINVAL)      // locked in memory by whoever runs us: stays
                    throw new ErrnoException("madvise", line, Marshal.GetLastPInvokeError());
            }
        return bytes;
    }

    /// <summary>`start-end perms offset device inode path`, proc_pid_maps(5).</summary>
    internal static bool IsOurs(string line, out nuint start, out nuint length)
    {
        (start, length) = (0, 0);
        var path = line.IndexOf('/', StringComparison.Ordinal);
        if (path < 0 || line.AsSpan(path).StartsWith("/memfd:", StringComparison.Ordinal))
            return false;
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var dash = line.IndexOf('-', StringComparison.Ordinal);
        if (line.AsSpan(space + 1, 4) is not ("r-xp" or "r--s"))
            return false;
        start = nuint.Parse(line.AsSpan(0, dash), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
        length = nuint.Parse(line.AsSpan(dash + 1, space - dash - 1), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture) - start;
        return true;
    }
}
