using System.Text;

namespace EdgeRecorder.Platform.Linux;

/// <summary>What is mounted where, and what is meant to be: the kernel's table, fstab and systemd's mount units.</summary>
public static class MountTable
{
    private const int MountPointField = 4, OptionalFields = 6;

    /// <summary>Mount points of a mountinfo (proc_pid_mountinfo(5)). An autofs that nothing has been mounted over yet is none.</summary>
    public static IReadOnlySet<string> Mounted(IEnumerable<string> mountinfo)
    {
        HashSet<string> points = [];
        foreach (var line in mountinfo)
        {
            // 36 35 98:0 /root /mount/point rw,noatime master:1 - ext4 /dev/sda1 rw
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var separator = Array.IndexOf(fields, "-", Math.Min(OptionalFields, fields.Length));
            if (separator > 0 && separator + 1 < fields.Length && fields[separator + 1] != "autofs")
                points.Add(Unescape(fields[MountPointField]));
        }
        return points;
    }

    /// <summary>Mount points of an fstab (fstab(5)), `noauto` ones too: somebody means something to be there.</summary>
    public static IEnumerable<string> Meant(IEnumerable<string> fstab)
        => from line in fstab
           let fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
           where fields.Length >= 2 && fields[0][0] != '#' && fields[1][0] == '/'
           select Unescape(fields[1]);

    /// <summary>Mount point of a unit file (systemd.mount(5)): <c>Where=</c>.</summary>
    public static IEnumerable<string> MeantByUnit(IEnumerable<string> unit)
        => from line in unit
           let assignment = line.Split('=', 2, StringSplitOptions.TrimEntries)
           where assignment is ["Where", ['/', ..]]
           select assignment[1];

    /// <summary>Space, tab, newline and backslash stand as a backslash and three octal digits.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\'))
            return field;
        var bytes = new MemoryStream();
        var written = Encoding.UTF8.GetBytes(field);
        for (var i = 0; i < written.Length; i++)
            if (written[i] == '\\' && i + 3 < written.Length && written.AsSpan(i + 1, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0)
            {
                bytes.WriteByte((byte)((written[i + 1] - '0') << 6 | (written[i + 2] - '0') << 3 | (written[i + 3] - '0')));
                i += 3;
            }
            else
                bytes.WriteByte(written[i]);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
