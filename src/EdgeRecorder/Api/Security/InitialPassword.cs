using System.Security.Cryptography;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Security;

/// <summary>
/// The admin password of the first boot: in the log once, and alone in `initial-admin-password` (mode 0600) until it is changed. A file that is gone
/// though nobody changed the password would lock the owner out; then the next start makes a new one.
/// </summary>
internal sealed class InitialPassword(string root, UserStore users)
{
    private const string Admin = "admin";

    public string Path { get; } = System.IO.Path.Combine(root, "initial-admin-password");

    /// <summary>The changed password, or the file that says the first one.</summary>
    public bool IsKnown => users.All().All(u => !u.Initial) || File.Exists(Path);

    /// <summary>The password when this start made one. The file is written first: a crash in between is made good at the next start.</summary>
    public string? Ensure()
    {
        if (IsKnown && users.All().Count > 0)
            return null;
        var password = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz023456789", 16);
        PrivateFile.Write(Path, System.Text.Encoding.ASCII.GetBytes(password));
        if (users.Find(Admin) is { Initial: true })
            users.Remake(Admin, password);
        else
            users.Add(Admin, password, Role.Admin, initial: true);
        return password;
    }

    public void Forget() => File.Delete(Path);
}
